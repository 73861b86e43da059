"""What is paused, or in another process's hands, is said so: nobody is told that nothing was left to do."""

import json
from pathlib import Path

import pytest

from organiser.index.db.engine import open_engine, writing
from organiser.index.work import locks
from organiser.index.work.locks import Holder
from tests.cli.command import Organiser
from tests.photos import HAPPY, photo


@pytest.fixture
def target(organiser: Organiser, photos: Path, tmp_path: Path) -> Path:
    """Where the happy photo is to be placed."""
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy")
    return tmp_path / "happy"


@pytest.mark.parametrize("names", [[], ["happy"]])
def test_a_sync_while_placing_is_paused_places_nothing_and_says_so(
    organiser: Organiser, target: Path, names: list[str]
) -> None:
    organiser("pause", "place")
    ran = organiser("collections", "sync", *names)
    assert (ran.code, "placing is paused" in ran.talk, "organiser resume place" in ran.talk) == (1, True, True)
    assert not target.exists()
    organiser("resume", "place")
    assert "1 placed" in organiser("collections", "sync", *names).talk


def test_a_sync_while_another_process_places_says_so(organiser: Organiser, target: Path, home: Path) -> None:
    engine = open_engine(f"sqlite:///{home / 'index.db'}")
    with writing(engine) as tx:
        assert locks.claim(tx, "placing", Holder("elsewhere:1", "theirs"), 4e9, 60)
    ran = organiser("collections", "sync")
    assert (ran.code, "another process is filling the collections" in ran.talk) == (1, True)
    assert "in place" not in ran.talk
    engine.dispose()


def test_a_scan_says_which_steps_are_paused(organiser: Organiser, photos: Path) -> None:
    photo(photos / "new.jpg", [HAPPY], seed=77)
    organiser("pause", "detect", "place")
    ran = organiser("scan", photos, "--workers", "1")
    assert "detect and place are paused: `organiser resume` has them go on" in ran.talk
    assert any("detect and place" in note for note in json.loads(organiser("scan", photos, "--json").out)["notes"])
    organiser("resume", "detect", "place")
    assert "paused" not in organiser("scan", photos, "--workers", "1").talk
    assert organiser("find", "emotion:happy", "--count").out == "2\n"


def test_status_says_what_waits_for_a_paused_step(organiser: Organiser, photos: Path, target: Path) -> None:
    photo(photos / "new.jpg", [HAPPY], seed=77)
    organiser("pause", "detect", "judge", "place")
    organiser("scan", photos, "--workers", "1")
    by_step = {line.split()[1].rstrip(","): line for line in organiser("status").lines if "paused " in line}
    assert by_step["detect"].endswith("; 1 photo waits")
    assert by_step["judge"].endswith("; nothing waits")
    assert by_step["place"].endswith("; the collections wait to be brought in line")
