"""What became of the files we placed, found out without trusting more than can be trusted."""

import os

import pytest

from organiser.core.collections.placement import Create, PlacementMode, State
from organiser.core.photo import PhotoId
from organiser.placing.disk.operations import make
from organiser.placing.disk.within import Spot
from organiser.placing.observe import state_of
from tests.placing.volumes import ROOT, without_rights

MODES = [PlacementMode.COPY, PlacementMode.HARDLINK, PlacementMode.SYMLINK]


@pytest.fixture
def original(tmp_path):
    path = tmp_path / "original.jpg"
    path.write_bytes(b"a picture")
    return path


def placed(original, mode):
    path = original.with_name("placed.jpg")
    status = original.stat()
    step = Create(PhotoId(1), str(original), path.name, mode, status.st_size, status.st_mtime_ns)
    return path, make(step, Spot.at(str(path)), mode)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("thorough", [True, False])
def test_what_nobody_touched_is_intact_and_what_is_gone_is_missing(original, mode, thorough):
    path, made = placed(original, mode)
    assert state_of(str(path), made, thorough=thorough) is State.INTACT
    path.unlink()
    assert state_of(str(path), made, thorough=thorough) is State.MISSING
    assert state_of(str(original / "below a file"), made) is State.MISSING


@pytest.mark.parametrize("mode", MODES)
def test_another_file_of_that_name_is_not_ours(original, mode):
    path, made = placed(original, mode)
    path.rename(path.with_name("moved away.jpg"))
    path.write_bytes(b"a Picture")
    assert state_of(str(path), made, thorough=False) is State.EDITED
    path.unlink()
    path.mkdir()
    assert state_of(str(path), made) is State.EDITED
    path.rmdir()
    path.symlink_to("elsewhere")
    assert state_of(str(path), made) is State.EDITED


def test_an_edit_that_hides_behind_the_old_size_and_time_is_seen_by_a_thorough_look(original):
    path, made = placed(original, PlacementMode.COPY)
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    with path.open("r+b") as file:
        file.write(b"b")
    os.utime(path, ns=times)
    assert state_of(str(path), made, thorough=False) is State.INTACT
    assert state_of(str(path), made, thorough=True) is State.EDITED


def test_a_copy_with_a_new_time_or_inode_but_our_bytes_is_ours(original):
    path, made = placed(original, PlacementMode.COPY)
    os.utime(path)
    assert state_of(str(path), made, thorough=False) is State.INTACT
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    assert state_of(str(path), made, thorough=False) is State.INTACT


def test_a_hard_link_is_ours_whatever_is_written_through_it(original):
    path, made = placed(original, PlacementMode.HARDLINK)
    original.write_bytes(b"edited in place, through the other name")
    assert state_of(str(path), made) is State.INTACT
    original.rename(original.with_name("kept.jpg"))
    original.write_bytes(b"edited by replacing")
    assert state_of(str(path), made, str(original)) is State.INTACT


def test_what_cannot_be_read_is_neither_missing_nor_edited(original):
    path, made = placed(original, PlacementMode.COPY)
    os.utime(path)
    path.chmod(0o000)
    path.parent.chmod(0o755)
    if ROOT:
        with without_rights():
            states = {state_of(str(path), made), state_of(str(path), made, thorough=False)}
    else:
        states = {state_of(str(path), made)}
    assert states == {State.UNREADABLE}
