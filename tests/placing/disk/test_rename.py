"""Every way of giving a file its name, and none ever replaces what is there."""

import errno
import os

import pytest

from organiser.placing.disk.rename import WAYS, by_link, by_reservation, rename_without_replacing
from organiser.placing.disk.within import Spot


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__.strip("_"))
def way(request):
    return request.param


def at(path):
    return Spot.at(str(path))


def test_a_file_gets_its_name(way, tmp_path):
    old, new = tmp_path / "old", tmp_path / "caf\udce9"
    old.write_bytes(b"finished")
    inode = old.stat().st_ino
    way(at(old), at(new))
    assert not old.exists()
    assert (new.read_bytes(), new.stat().st_ino) == (b"finished", inode)


@pytest.mark.parametrize("kind", ["file", "folder", "symlink", "dangling"])
def test_what_is_there_stays(way, kind, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"ours")
    if kind == "file":
        new.write_bytes(b"theirs")
    elif kind == "folder":
        new.mkdir()
    else:
        new.symlink_to(old if kind == "symlink" else "nowhere")
    before = os.lstat(new)
    with pytest.raises(FileExistsError):
        way(at(old), at(new))
    assert os.lstat(new) == before
    assert old.read_bytes() == b"ours"


def test_a_symlink_is_renamed_itself(way, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.symlink_to("nowhere")
    way(at(old), at(new))
    assert os.readlink(new) == "nowhere"
    assert not os.path.lexists(old)


def test_the_next_way_is_taken_when_one_is_not_supported(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"finished")

    def unsupported(_old, _new):
        raise OSError(errno.EINVAL, "not here")

    rename_without_replacing(at(old), at(new), [unsupported, unsupported, by_reservation])
    assert new.read_bytes() == b"finished"
    with pytest.raises(OSError, match="not here"):
        rename_without_replacing(at(new), at(old), [by_reservation, unsupported][1:])


def test_another_error_is_not_tried_again_differently(tmp_path):
    with pytest.raises(FileNotFoundError):
        rename_without_replacing(at(tmp_path / "gone"), at(tmp_path / "new"))
    with pytest.raises(FileNotFoundError):
        rename_without_replacing(at(tmp_path / "gone"), at(tmp_path / "new"), [by_reservation])
    assert not (tmp_path / "new").exists()


def test_two_names_of_one_file_are_no_reason_to_replace(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"one file")
    os.link(old, new)
    for way in (*WAYS, by_link):
        with pytest.raises(FileExistsError):
            way(at(old), at(new))
    assert old.samefile(new)
