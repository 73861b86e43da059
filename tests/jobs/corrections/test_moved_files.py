"""A photo moved by hand between two collections is offered as a correction, and taken when a person says so."""

import os
import shutil
from pathlib import Path

import pytest

from organiser.core.collections.collection import Collection
from organiser.core.collections.placement import PlacementMode
from organiser.jobs.collections import manage, undo
from organiser.jobs.corrections import moved_files
from organiser.jobs.messages import Place
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD

MODES = ["copy", "hardlink", "symlink"]


@pytest.fixture
def target(library: Library, tmp_path: Path) -> Path:
    library.draw("a.jpg", HAPPY)
    library.draw("b.jpg", HAPPY)
    library.draw("c.jpg", SAD)
    library.scan()
    return tmp_path / "collections"


def _fill(library: Library, target: Path, mode: str) -> None:
    manage.set_built_in(library.services, str(target), mode)
    library.run([Place()])


def _names(folder: Path) -> list[str]:
    return sorted(
        path.name for path in folder.rglob("*") if not path.name.startswith(".organiser") and not path.is_dir()
    )


def _offers(library: Library) -> list[tuple[str, str, str]]:
    return [(item.placed.destination, item.destination, item.emotion) for item in moved_files.offers(library.services)]


@pytest.mark.parametrize(("mode", "name"), [(mode, "renamed.jpg") for mode in MODES] + [("copy", "in/a folder/a.jpg")])
def test_a_moved_photo_is_offered_left_alone_and_taken_on_a_persons_word(
    library: Library, target: Path, mode: str, name: str
) -> None:
    _fill(library, target, mode)
    new = target / "sad" / name
    new.parent.mkdir(parents=True, exist_ok=True)
    (target / "happy" / "a.jpg").rename(new)
    assert _offers(library) == [("a.jpg", name, "sad")]
    library.run([Place()])
    assert any("collections status" in note for note in library.notes)
    assert library.names("emotion:sad") == ["c.jpg"]
    assert _offers(library) == [("a.jpg", name, "sad")]
    done = moved_files.accept(library.services, moved_files.offers(library.services), "anna")
    assert (done.counts["corrections"], done.counts["not_placed"], done.notes) == (1, 0, ())
    assert library.names("emotion:sad corrected:yes") == ["a.jpg"]
    assert _names(target / "happy") == ["b.jpg"]
    assert _names(target / "sad") == ["a.jpg", "c.jpg"]
    assert _offers(library) == []
    before = library.run([Place()])
    assert before["placed"] == before["removed"] == 0


def test_a_photo_that_is_moved_back_is_as_it_was(library: Library, target: Path) -> None:
    _fill(library, target, "copy")
    (target / "happy" / "a.jpg").rename(target / "sad" / "a.jpg")
    library.run([Place()])
    (target / "sad" / "a.jpg").rename(target / "happy" / "a.jpg")
    library.run([Place()])
    assert (_offers(library), library.notes) == ([], [])
    assert _names(target / "happy") == ["a.jpg", "b.jpg"]


def test_a_copy_that_leaves_the_first_where_it_is_was_no_move(library: Library, target: Path) -> None:
    _fill(library, target, "copy")
    shutil.copy(target / "happy" / "a.jpg", target / "sad" / "a.jpg")
    assert _offers(library) == []


def test_a_copy_that_was_moved_over_file_systems_is_known_by_its_bytes(library: Library, target: Path) -> None:
    _fill(library, target, "copy")
    shutil.copyfile(target / "happy" / "a.jpg", target / "sad" / "a.jpg")
    (target / "happy" / "a.jpg").unlink()
    assert _offers(library) == [("a.jpg", "a.jpg", "sad")]


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *(("copy", kind) for kind in ("other bytes", "edited", "pipe", "link to it", "folder link")),
        *(("hardlink", kind) for kind in ("other hard link", "other bytes")),
        *(("symlink", kind) for kind in ("other link", "pipe")),
    ],
)
def test_what_is_not_ours_is_not_offered_and_not_touched(
    library: Library, target: Path, tmp_path: Path, mode: str, kind: str
) -> None:
    _fill(library, target, mode)
    old, new = target / "happy" / "a.jpg", target / "sad" / "a.jpg"
    size = (library.folder / "a.jpg").stat().st_size
    away = tmp_path / "away.jpg"
    old.rename(away)
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * size)
    if kind == "other bytes":
        new.write_bytes(b"y" * size)
    elif kind == "edited":
        new.write_bytes((library.folder / "a.jpg").read_bytes() + b"edited")
    elif kind == "other link":
        new.symlink_to(secret)
    elif kind == "other hard link":
        os.link(secret, new)
    elif kind == "pipe":
        os.mkfifo(new)
    elif kind == "link to it":
        new.symlink_to(away)
    else:
        (target / "sad" / "in").symlink_to(tmp_path)
    before = sorted(path.name for path in (target / "sad").iterdir())
    assert _offers(library) == []
    library.run([Place()])
    assert sorted(path.name for path in (target / "sad").iterdir()) == before
    assert secret.read_bytes() == b"x" * size


def test_a_file_that_was_swapped_between_offer_and_word_is_passed_over(library: Library, target: Path) -> None:
    _fill(library, target, "copy")
    new = target / "sad" / "a.jpg"
    (target / "happy" / "a.jpg").rename(new)
    offered = moved_files.offers(library.services)
    size = new.stat().st_size
    new.unlink()
    new.write_bytes(b"z" * size)
    assert moved_files.accept(library.services, offered, "anna").counts["corrections"] == 0
    assert library.names("corrected:yes") == []
    assert new.read_bytes() == b"z" * size


def test_a_move_into_a_collection_that_means_no_emotion_says_nothing(library: Library, target: Path) -> None:
    _fill(library, target, "copy")
    manage.add(library.services, Collection("best", "faces:1..", PlacementMode.COPY, str(target / "best"), None))
    (target / "best").mkdir()
    (target / "happy" / "a.jpg").rename(target / "best" / "mine.jpg")
    assert _offers(library) == []
    library.run([Place()])
    assert _names(target / "happy") == ["a.jpg", "b.jpg"]


def test_the_same_file_in_two_folders_says_nothing(library: Library, target: Path) -> None:
    _fill(library, target, "copy")
    angry = Collection("angry", "emotion:angry path:x", PlacementMode.COPY, str(target / "angry"), None)
    manage.add(library.services, angry)
    (target / "angry").mkdir()
    shutil.copy(target / "happy" / "a.jpg", target / "angry" / "a.jpg")
    (target / "happy" / "a.jpg").rename(target / "sad" / "a.jpg")
    assert _offers(library) == []


def test_undoing_the_run_that_placed_it_leaves_the_moved_file(library: Library, target: Path) -> None:
    _fill(library, target, "copy")
    (target / "happy" / "a.jpg").rename(target / "sad" / "a.jpg")
    undo.undo(library.services)
    assert _names(target / "sad") == ["a.jpg"]
