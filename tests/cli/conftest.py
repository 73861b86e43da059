"""The real command line in this process, on a home of its own, with drawn faces and the stub model."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from organiser.cli.main import main
from organiser.vision.classifiers.stub import write_stub_bundle
from tests.cli.command import Organiser, Ran
from tests.cli.library import draw_photos, scan


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
        return Ran(int(ended.value.code or 0), out.buffer.getvalue(), err.getvalue())  # type: ignore[attr-defined]

    return run


@pytest.fixture
def with_stub(organiser: Organiser, tmp_path: Path) -> Organiser:
    """The same, with the model of drawn faces active."""
    bundle = write_stub_bundle(tmp_path / "bundle")
    assert organiser("models", "add", bundle).code == 0
    assert organiser("models", "use", "stub").code == 0
    return organiser


@pytest.fixture
def photos(with_stub: Organiser, home: Path, tmp_path: Path) -> Path:
    """A folder of drawn photos that was scanned and judged by the stub model."""
    folder = draw_photos(tmp_path / "photos")
    scan(home, folder)
    return folder
