"""The real command line in this process, on a home of its own, with drawn faces and the stub model."""

import io
import shutil
import sqlite3
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from organiser.cli.main import main
from tests.cli.command import Organiser, Ran
from tests.cli.library import judged_library
from tests.cli.offline import POSSIBLE

collect_ignore = [] if POSSIBLE else ["test_network.py", "test_telemetry.py"]


def pytest_report_collectionfinish() -> list[str]:
    """Say what is left out on this machine."""
    return [] if POSSIBLE else ["that nothing is sent over a network is not tested: that takes Linux"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def organiser(home: Path, monkeypatch: pytest.MonkeyPatch) -> Organiser:
    """Runs `organiser …` on that home; `typed` is what a person pipes in."""
    for name in ("ORGANISER_INDEX_URL", "ORGANISER_BROKER_URL", "ORGANISER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ORGANISER_HOME", str(home))
    monkeypatch.setenv("ORGANISER_DETECTOR", "drawn")

    def run(*words: object, typed: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["organiser", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed)))
        out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
        out.flush()
        return Ran(int(ended.value.code or 0), out.buffer.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `home` and `photos`, scanned and judged by the stub model; to be copied, never used."""
    return judged_library(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def photos(prepared: Path, organiser: Organiser, home: Path, tmp_path: Path) -> Path:
    """A folder of drawn photos that was scanned and judged by the stub model."""
    shutil.copytree(prepared / "home", home)
    folder = shutil.copytree(prepared / "photos", tmp_path / "photos")
    with closing(sqlite3.connect(home / "index.db")) as connection, connection:
        connection.execute("UPDATE roots SET path = ?", [str(folder)])
        connection.execute("UPDATE models SET path = replace(path, ?, ?)", [str(prepared), str(tmp_path)])
    return Path(folder)
