"""A home, an index and photos whose paths hold what means something in a URL: scanned, found, placed, reported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.photos import HAPPY, photo

_ODD = "what? #1 50%25 & 100%"


def _run(home: Path, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("ORGANISER_")}
    own |= {"ORGANISER_HOME": str(home), "ORGANISER_DETECTOR": "drawn", **environment}
    command = [sys.executable, "-m", "organiser", *map(str, words)]
    return subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=120)


def _try_everything(home: Path, photos: Path, **environment: str) -> None:
    assert "not made yet" in _run(home, "doctor", "--json", **environment).stdout
    scanned = _run(home, "scan", photos, "--workers", "1", "--json", **environment)
    assert (scanned.returncode, json.loads(scanned.stdout)["counts"]["detected"]) == (0, 1), scanned.stderr
    found = _run(home, "find", f"path:{json.dumps(photos.name)}", "--paths", **environment)
    assert found.stdout.splitlines() == [str(photos / f"{_ODD}.jpg")]
    assert _run(home, "report", "--out", home / "report", **environment).returncode == 0
    assert "not made yet" not in _run(home, "doctor", "--json", **environment).stdout


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return photo(tmp_path / f"photos {_ODD}" / f"{_ODD}.jpg", [HAPPY]).parent


def test_a_home_may_have_any_name(tmp_path: Path, photos: Path) -> None:
    home = tmp_path / f"home {_ODD}"
    _try_everything(home, photos)
    assert (home / "index.db").is_file()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([home.name, photos.name])


def test_an_index_may_have_any_name(tmp_path: Path, photos: Path) -> None:
    url = "sqlite:///" + str(tmp_path / "what%3F #1 50%2525 & 100%25" / "index.db")
    _try_everything(tmp_path / "home", photos, ORGANISER_INDEX_URL=url)
    assert (tmp_path / _ODD / "index.db").is_file()


def test_options_behind_an_index_are_refused(tmp_path: Path) -> None:
    ran = _run(tmp_path / "home", "find", ORGANISER_INDEX_URL=f"sqlite:///{tmp_path}/what?/index.db")
    assert ran.returncode == 1
    assert "takes no options" in ran.stderr
    assert "%3F" in ran.stderr
    assert not (tmp_path / "what").exists()
