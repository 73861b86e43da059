"""Files below a folder are reached through open folders, and nothing else stands in for one."""

import os
import subprocess

import pytest

from organiser.errors import PlacingError
from organiser.placing.disk.capabilities import probe
from organiser.placing.disk.errors import Cause
from organiser.placing.disk.target import Target
from organiser.placing.disk.within import Spot, folder_in, renumbers, spot_in
from tests.placing.volumes import CAN_MOUNT


@pytest.fixture
def top(tmp_path):
    (tmp_path / "happy" / "2024" / "05").mkdir(parents=True)
    (tmp_path / "originals").mkdir()
    (tmp_path / "originals" / "a.jpg").write_bytes(b"a picture")
    return tmp_path / "happy"


def test_a_spot_is_reached_whatever_its_path_leads_to_by_then(top, tmp_path):
    (top / "2024" / "05" / "a.jpg").write_bytes(b"a copy")
    with spot_in(str(top), "2024/05/a.jpg") as spot:
        (top / "2024").rename(tmp_path / "moved")
        (top / "2024").mkdir()
        (top / "2024" / "05").symlink_to(tmp_path / "originals")
        assert (top / "2024" / "05" / "a.jpg").read_bytes() == b"a picture"
        spot.unlink()
        os.close(spot.beside("draft").open(os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    assert os.listdir(tmp_path / "moved" / "05") == ["draft"]
    assert os.listdir(tmp_path / "originals") == ["a.jpg"]


def test_a_folder_that_is_not_there_has_no_spots_until_it_is_made(top):
    with spot_in(str(top), "2025/a.jpg") as spot:
        assert spot is None
    with folder_in(str(top), ["2025", "01"], make=True) as handle:
        assert os.path.samestat(os.fstat(handle), (top / "2025" / "01").stat())
    with spot_in(str(top / "gone"), "a.jpg") as spot:
        assert spot is None


@pytest.mark.parametrize("destination", ["../originals/a.jpg", "2024/../../originals/a.jpg", "/etc/passwd", "a//b"])
def test_a_path_that_leaves_the_folder_is_refused(top, destination):
    with pytest.raises(PlacingError) as caught, spot_in(str(top), destination):
        pass
    assert caught.value.cause == Cause.BAD_TARGET


@pytest.mark.parametrize("place", [".", "2024", "2024/05"])
def test_a_link_on_the_way_is_refused(top, tmp_path, place):
    here = top / place
    here.rename(tmp_path / "aside")
    here.symlink_to(tmp_path / "aside")
    with pytest.raises(PlacingError, match="a link stands") as caught, spot_in(str(top), "2024/05/a.jpg"):
        pass
    assert caught.value.cause == Cause.BAD_TARGET


def test_a_file_in_the_way_of_a_folder_is_told_apart_from_a_link(top):
    (top / "2025").touch()
    with pytest.raises(PlacingError) as caught, spot_in(str(top), "2025/a.jpg"):
        pass
    assert caught.value.cause == Cause.OCCUPIED


def test_another_folder_of_that_name_is_not_the_one_that_was_opened(top, tmp_path):
    first = top.stat()
    top.rename(tmp_path / "moved")
    (tmp_path / "originals").rename(top)
    with pytest.raises(PlacingError, match="another folder"), spot_in(str(top), "a.jpg", same_as=first):
        pass


def test_originals_that_are_mounted_over_a_folder_are_refused(top, tmp_path):
    if not CAN_MOUNT:
        (top / "2024" / "05").rmdir()
        (top / "2024" / "05").symlink_to(tmp_path / "originals")
    else:
        bind = ["mount", "--bind", str(tmp_path / "originals"), str(top / "2024" / "05")]
        subprocess.run(bind, check=True, capture_output=True)
    try:
        with pytest.raises(PlacingError, match=r"is mounted there|a link stands"), spot_in(str(top), "2024/05/a.jpg"):
            pass
    finally:
        if CAN_MOUNT:
            subprocess.run(["umount", str(top / "2024" / "05")], check=True, capture_output=True)


def test_a_file_system_with_lasting_inodes_is_known_as_one(top):
    with folder_in(str(top)) as handle:
        assert not renumbers(handle)


def test_a_spot_of_a_path_and_its_neighbours_are_paths(tmp_path):
    spot = Spot.at(str(tmp_path / "a.jpg")).beside("b.jpg")
    assert (spot.name, spot.path, spot.status()) == (str(tmp_path / "b.jpg"), str(tmp_path / "b.jpg"), None)
    assert spot.unlink_quietly()


def test_a_target_that_a_link_leads_into_a_root_is_refused(tmp_path):
    root = tmp_path / "Pictures"
    (root / "b" / "happy").mkdir(parents=True)
    target = tmp_path / "places" / "happy"
    Target(str(target), "happy", roots=[str(root)])
    (target / ".organiser-collection").rename(root / "b" / "happy" / ".organiser-collection")
    target.rmdir()
    target.parent.rmdir()
    target.parent.symlink_to(root / "b")
    with pytest.raises(PlacingError, match="a link leads it into the root"):
        Target(str(target), "happy", established=True, roots=[str(root)])


def test_a_target_keeps_its_place_in_a_root_that_is_a_link_itself(tmp_path):
    (tmp_path / "disk" / "Pictures").mkdir(parents=True)
    (tmp_path / "Pictures").symlink_to(tmp_path / "disk" / "Pictures")
    root = str(tmp_path / "Pictures")
    for place in (f"{root}/happy", str(tmp_path / "disk" / "Pictures" / "sad")):
        Target(place, "happy", roots=[root]).make_folders(["2024/a.jpg"])
        assert os.path.isdir(f"{place}/2024")


def test_a_probe_clears_nothing_along_a_link(top, tmp_path):
    (tmp_path / "originals" / "sample").touch()
    (top / ".organiser-probe").symlink_to(tmp_path / "originals")
    probe(str(top))
    assert sorted(os.listdir(tmp_path / "originals")) == ["a.jpg", "sample"]
