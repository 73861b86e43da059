"""`organiser scan --collect`: it fills happy and sad, and neither moves nor refills them behind anybody's back."""

from pathlib import Path

import pytest

from tests.cli.command import Organiser
from tests.cli.process import run_at_terminal


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")


@pytest.fixture
def places(organiser: Organiser, photos: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The folder that happy and sad are kept in, and another."""
    old, new = tmp_path / "old", tmp_path / "new"
    assert organiser("scan", photos, "--workers", "1", "--collect", old).code == 0
    assert _files(old) == ["happy/happy.jpg", "sad/sad.png"]
    return old, new


def test_other_folders_are_refused_where_nobody_can_be_asked(
    organiser: Organiser, photos: Path, places: tuple[Path, Path]
) -> None:
    old, new = places
    ran = organiser("scan", photos, "--workers", "1", "--collect", new)
    assert ran.code != 0
    assert f"happy is kept in {old}/happy with 1 photo; it would leave there for {new}/happy" in ran.talk
    assert "organiser collections add NAME" in ran.talk
    assert "organiser collections edit happy" in ran.talk
    assert not new.exists()
    assert _files(old) == ["happy/happy.jpg", "sad/sad.png"]
    assert organiser("scan", photos, "--workers", "1", "--collect", old).code == 0


def test_a_dry_run_tells_that_collections_would_move(
    organiser: Organiser, photos: Path, places: tuple[Path, Path]
) -> None:
    old, new = places
    ran = organiser("scan", photos, "--dry-run", "--collect", new)
    assert ran.code == 0
    assert f"sad is kept in {old}/sad" in ran.talk
    assert "is kept in" not in organiser("scan", photos, "--dry-run", "--collect", old).talk


@pytest.mark.parametrize("answer", ["n", "y"])
def test_a_person_at_a_terminal_is_asked(photos: Path, places: tuple[Path, Path], answer: str) -> None:
    old, new = places
    ran = run_at_terminal("scan", photos, "--workers", "1", "--collect", new, typed=f"{answer}\n")
    assert "Move them?" in ran.stderr
    full, empty = (new, old) if answer == "y" else (old, new)
    assert _files(full) == ["happy/happy.jpg", "sad/sad.png"]
    assert _files(empty) == []


def test_a_collection_that_is_held_stays_so(organiser: Organiser, photos: Path, places: tuple[Path, Path]) -> None:
    old, _ = places
    organiser("collections", "undo")
    assert _files(old) == []
    ran = organiser("scan", photos, "--workers", "1", "--collect", old)
    assert "held since the undo; `organiser collections sync happy sad`" in ran.talk
    assert _files(old) == []
    organiser("collections", "sync")
    assert _files(old) == ["happy/happy.jpg", "sad/sad.png"]
