"""What recovery makes of everything a crash can leave, on file systems of every ability."""

import hashlib
import os
from dataclasses import replace

import pytest

from organiser.core.collections.placement import (
    Create,
    Forget,
    Made,
    Move,
    Placed,
    PlacementId,
    PlacementMode,
    Remove,
    Replace,
    Tag,
    TagAdd,
)
from organiser.core.photo import PhotoId
from organiser.errors import PlacingError
from organiser.placing.disk.operations import digest_of, make, stamp_of
from organiser.placing.disk.rename import _token
from organiser.placing.disk.within import Spot
from organiser.placing.journal import Entry
from organiser.placing.metadata.sidecar import SidecarWriter
from organiser.placing.metadata.writer import Change
from organiser.placing.recover import recover, resolve
from tests.placing.volumes import CAN_MOUNT, unwritable
from tests.placing.world import FileJournal

WRITERS = {SidecarWriter.medium: SidecarWriter()}


@pytest.fixture
def target(tmp_path):
    (tmp_path / "original.jpg").write_bytes(b"a picture")
    (tmp_path / "happy").mkdir()
    return tmp_path / "happy"


def creating(target, mode=PlacementMode.COPY):
    """Return an entry whose draft is made and not named yet."""
    original = target.parent / "original.jpg"
    status = original.stat()
    step = Create(PhotoId(1), str(original), "a.jpg", mode, status.st_size, status.st_mtime_ns)
    temporary = str(target / ".organiser-1")
    return Entry(step, str(target), temporary, make(step, Spot.at(temporary), mode))


def names(target):
    return sorted(path.name for path in target.iterdir())


def test_a_draft_that_never_got_its_name_goes(target):
    entry = creating(target)
    for known in (entry, replace(entry, made=None)):
        assert resolve(known, WRITERS) is None
        assert names(target) == []


def test_half_a_draft_goes(target):
    entry = replace(creating(target), made=None)
    (target / ".organiser-1").write_bytes(b"a pic")
    assert resolve(entry, WRITERS) is None
    assert names(target) == []


@pytest.mark.parametrize("mode", [PlacementMode.COPY, PlacementMode.HARDLINK, PlacementMode.SYMLINK])
def test_a_named_file_is_finished(target, mode):
    entry = creating(target, mode)
    os.rename(entry.temporary, target / "a.jpg")
    assert resolve(entry, WRITERS) == entry
    assert names(target) == ["a.jpg"]


def test_a_strangers_file_of_that_name_is_neither_finished_nor_cleaned(target):
    entry = creating(target)
    os.unlink(entry.temporary)
    (target / "a.jpg").write_bytes(b"a strangers")
    assert resolve(entry, WRITERS) is None
    assert resolve(replace(entry, made=None), WRITERS) is None
    assert (target / "a.jpg").read_bytes() == b"a strangers"


def test_a_crash_between_link_and_unlink_is_finished(target):
    entry = creating(target)
    os.link(entry.temporary, target / "a.jpg")
    assert resolve(entry, WRITERS) == entry
    assert names(target) == ["a.jpg"]


def test_two_links_to_the_original_prove_nothing(target):
    entry = creating(target, PlacementMode.HARDLINK)
    os.link(target.parent / "original.jpg", target / "a.jpg")
    assert resolve(entry, WRITERS) is None
    assert names(target) == ["a.jpg"]


def test_a_reserved_name_is_given_back(target):
    entry = creating(target)
    reserve(target / "a.jpg", entry.temporary)
    assert resolve(entry, WRITERS) is None
    assert names(target) == []


def test_an_empty_file_of_somebody_elses_is_left(target):
    entry = creating(target)
    (target / "a.jpg").touch()
    assert resolve(entry, WRITERS) is None
    assert names(target) == ["a.jpg"]


def reserve(path, old):
    """Leave what a crash between reserving a name and renaming onto it leaves."""
    with open(path, "wb") as file:
        file.write(_token(str(old)))


def placed(target):
    path = target / "a.jpg"
    path.write_bytes(b"a picture")
    made = Made(PlacementMode.COPY, stamp_of(str(path), digest_of(str(path))))
    return Placed(PlacementId(1), PhotoId(1), "a.jpg", made, str(target.parent / "original.jpg"))


def test_a_replacement_is_finished_only_when_it_is_the_new_file(target):
    old = placed(target)
    entry = creating(target)
    entry = replace(entry, step=Replace(old, entry.step))
    assert resolve(entry, WRITERS) is None
    assert names(target) == ["a.jpg"]
    assert resolve(entry, WRITERS) is None
    entry = replace(creating(target), step=entry.step)
    os.replace(entry.temporary, target / "a.jpg")
    assert resolve(entry, WRITERS) == entry


def test_a_move_is_finished_forgotten_or_completed(target):
    entry = Entry(Move(placed(target), "b.jpg"), str(target))
    assert resolve(entry, WRITERS) is None
    os.link(target / "a.jpg", target / "b.jpg")
    assert resolve(entry, WRITERS) == entry
    assert names(target) == ["b.jpg"]
    assert resolve(entry, WRITERS) == entry
    os.rename(target / "b.jpg", target / "a.jpg")
    reserve(target / "b.jpg", target / "a.jpg")
    assert resolve(entry, WRITERS) is None
    assert names(target) == ["a.jpg"]


def test_a_move_onto_which_a_stranger_came_is_left(target):
    entry = Entry(Move(placed(target), "b.jpg"), str(target))
    (target / "b.jpg").write_bytes(b"a strangers")
    assert resolve(entry, WRITERS) is None
    assert names(target) == ["a.jpg", "b.jpg"]


def test_a_removal_is_done_when_the_file_is_gone(target):
    entry = Entry(Remove(placed(target)), str(target))
    assert resolve(entry, WRITERS) is None
    (target / "a.jpg").unlink()
    assert resolve(entry, WRITERS) == entry
    target.rmdir()
    assert resolve(entry, WRITERS) == entry
    assert resolve(Entry(Forget(entry.step.placed)), WRITERS) is not None


def tagging(target):
    picture = target.parent / "original.jpg"
    writer = WRITERS[SidecarWriter.medium]
    step = TagAdd(PhotoId(1), str(picture), Tag("happy"))
    change = writer.writing(str(picture), step.tag)
    after = hashlib.sha256(change.after).hexdigest()
    temporary = str(picture.with_name(".organiser-1"))
    return change, Entry(step, None, temporary, None, change.path, writer.medium, change.before, after)


def test_a_sidecar_is_finished_once_it_says_so_and_its_draft_goes(target):
    change, entry = tagging(target)
    WRITERS[entry.medium].draft(change, entry.temporary)
    assert resolve(entry, WRITERS) is None
    assert names(target.parent) == ["happy", "original.jpg"]
    WRITERS[entry.medium].draft(change, entry.temporary)
    os.rename(entry.temporary, entry.path)
    done = resolve(entry, WRITERS)
    assert done.made.stamp == replace(stamp_of(entry.path), digest=done.made.stamp.digest)
    assert resolve(replace(entry, path=None), WRITERS).made.path == entry.path


def test_a_reserved_sidecar_name_is_given_back(target):
    change, entry = tagging(target)
    assert isinstance(change, Change)
    WRITERS[entry.medium].draft(change, entry.temporary)
    reserve(entry.path, entry.temporary)
    assert resolve(entry, WRITERS) is None
    assert names(target.parent) == ["happy", "original.jpg"]


def test_what_cannot_be_cleaned_now_stays_planned(target, tmp_path):
    journal = FileJournal(tmp_path / "journal")
    journal.plan([creating(target), Entry(Remove(placed(target)), str(target))])
    with unwritable(target):
        found = recover(dict(journal.planned), journal, WRITERS)
        if CAN_MOUNT or os.geteuid():
            assert (found.finished, found.cleaned, len(found.stuck)) == (0, 1, 1)
            assert all(isinstance(error, PlacingError) for error in found.stuck)
            assert len(journal.planned) == 1
    found = recover(dict(journal.planned), journal, WRITERS)
    assert journal.planned == {}
    assert names(target) == ["a.jpg"]
