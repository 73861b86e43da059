"""Where a collection may be placed is found out when it is added, and a folder of another home's collection is left."""

import json
from pathlib import Path

import pytest

from tests.cli.command import Organiser
from tests.placing.volumes import CAN_MOUNT, elsewhere, elsewhere_named, unwritable


def _names(organiser: Organiser) -> list[str]:
    return [row["name"] for row in json.loads(organiser("collections", "list", "--json").out)]


def _add(organiser: Organiser, target: Path, mode: str = "copy") -> str:
    """Add a collection that will not do and return what was told."""
    ran = organiser("collections", "add", "all", "faces:1..", "--to", target, "--mode", mode)
    assert ran.code == 1
    assert "all" not in _names(organiser)
    return " ".join(ran.talk.split())


def test_a_folder_that_cannot_be_made_or_written_is_refused_at_once(organiser: Organiser, photos: Path) -> None:
    place = photos.parent / "place"
    place.mkdir()
    with unwritable(place):
        for target in (place, place / "deep" / "happy"):
            text = _add(organiser, target)
            assert "read-only" in text if CAN_MOUNT else "not permitted" in text
            assert "choose another target" in text or "check who owns the folder" in text
    (place / "file").touch()
    assert sorted(path.name for path in place.iterdir()) == ["file"]


def test_a_mode_that_the_file_system_cannot_do_is_refused_at_once(organiser: Organiser, photos: Path) -> None:
    with elsewhere(photos) as other:
        if other.stat().st_dev != photos.stat().st_dev:
            assert "use --mode copy, auto or symlink" in _add(organiser, other / "happy", "hardlink")
        text = _add(organiser, other / "happy", "reflink")
        assert "cannot make reflinks of the originals" in text
        assert "use --mode copy or auto" in text
        assert list(other.iterdir()) == []


def test_a_mode_is_checked_when_it_is_changed_and_not_when_the_query_is(organiser: Organiser, photos: Path) -> None:
    target = photos.parent / "happy"
    assert organiser("collections", "add", "all", "faces:1..", "--to", target).code == 0
    with elsewhere(photos) as other:
        ran = organiser("collections", "edit", "all", "--to", other / "happy", "--mode", "reflink")
        assert ran.code == 1
        assert "reflinks" in ran.talk
    assert organiser("collections", "edit", "all", "--query", "faces:2..").code == 0


@pytest.fixture
def strangers(organiser: Organiser, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that another home fills with a collection of the same name."""
    target = tmp_path / "happy"
    with monkeypatch.context() as patch:
        patch.setenv("ORGANISER_HOME", str(tmp_path / "other home"))
        organiser("collections", "edit", "happy", "--to", target)
        assert organiser("collections", "sync").code == 0
    assert (target / ".organiser-collection").exists()
    return target


def test_a_folder_of_another_home_is_refused_with_the_way_out(organiser: Organiser, strangers: Path) -> None:
    before = (strangers / ".organiser-collection").read_bytes()
    ran = organiser("collections", "edit", "happy", "--to", strangers)
    assert ran.code == 1
    text = " ".join(ran.talk.split())
    assert "another organiser home fills this folder" in text
    assert "if that home is gone, remove" in text
    assert (strangers / ".organiser-collection").read_bytes() == before
    (strangers / ".organiser-collection").unlink()
    assert organiser("collections", "edit", "happy", "--to", strangers).code == 0
    assert organiser("collections", "sync").code == 0
    assert (strangers / "happy.jpg").exists()


def test_a_marker_that_another_home_puts_over_ours_hinders_nothing_and_stays(
    organiser: Organiser, photos: Path, strangers: Path, tmp_path: Path
) -> None:
    ours = tmp_path / "ours"
    organiser("collections", "edit", "happy", "--to", ours)
    assert organiser("collections", "sync").code == 0
    theirs = (strangers / ".organiser-collection").read_bytes()
    (ours / ".organiser-collection").write_bytes(theirs)
    assert organiser("collections", "sync").code == 0
    assert organiser("collections", "remove", "happy").code == 0
    assert [path.name for path in ours.iterdir()] == [".organiser-collection"]
    assert (ours / ".organiser-collection").read_bytes() == theirs


def test_a_backup_keeps_the_id_that_markers_bear(
    organiser: Organiser, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy")
    organiser("collections", "sync")
    assert organiser("backup", tmp_path / "kept").code == 0
    monkeypatch.setenv("ORGANISER_HOME", str(tmp_path / "new home"))
    assert organiser("restore", tmp_path / "kept").code == 0
    ran = organiser("collections", "sync")
    assert "another organiser home" not in ran.talk
    assert json.loads((tmp_path / "happy" / ".organiser-collection").read_text())["home"]


def test_a_marker_of_an_earlier_version_is_ours_by_its_name(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy")
    organiser("collections", "sync")
    marker = tmp_path / "happy" / ".organiser-collection"
    notes = json.loads(marker.read_text())
    home = notes.pop("home")
    marker.write_text(json.dumps(notes))
    assert organiser("collections", "sync", "happy").code == 0
    organiser("correct", photos / "sad.png", "--as", "happy")
    assert organiser("collections", "sync", "happy").code == 0
    assert json.loads(marker.read_text())["home"] == home


@pytest.mark.parametrize("place", ["itself", "parent"])
def test_a_root_that_is_mounted_elsewhere_is_no_target_there(
    organiser: Organiser, photos: Path, tmp_path: Path, place: str
) -> None:
    seen = photos if place == "itself" else photos.parent
    with elsewhere_named(seen, tmp_path / "mounted") as other:
        assert "cannot hold the root" in _add(organiser, other)
        assert not (other / ".organiser-collection").exists()
