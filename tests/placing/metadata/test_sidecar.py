"""Sidecar files: which one is a picture's, and writing it without losing anything."""

import os
import stat
from pathlib import Path

import pytest

from organiser.core.collections.placement import Medium, PlacementMode, Tag
from organiser.errors import PlacingError
from organiser.placing.context import Done
from organiser.placing.disk.errors import Cause
from organiser.placing.metadata.keywords import read_keywords
from organiser.placing.metadata.sidecar import SidecarWriter, sidecar_of
from organiser.placing.metadata.writer import NullWriter, clear
from tests import photos
from tests.placing.sidecars import SAMPLES, meaning
from tests.placing.world import World, all_wanted, fill, snapshot

SMILE = Tag("happy", 0.9, "net@1")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "photos", None, tmp_path / "journal", PlacementMode.TAG)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xffa picture")
    return path


def causes(outcomes):
    return [outcome.error.cause for outcome in outcomes if not isinstance(outcome, Done)]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], "photo.jpg.xmp"),
        (["photo.jpg.xmp"], "photo.jpg.xmp"),
        (["photo.xmp"], "photo.xmp"),
        (["photo.xmp", "photo.jpg.xmp"], "photo.jpg.xmp"),
        (["photo.xmp", "photo.cr2"], "photo.jpg.xmp"),
        (["photo.xmp", "photo.cr2.xmp", "photograph.cr2"], "photo.xmp"),
    ],
)
def test_a_pictures_sidecar(picture, others, expected):
    for name in others:
        picture.with_name(name).touch()
    assert sidecar_of(str(picture)) == str(picture.with_name(expected))


def test_a_sidecar_comes_and_goes_with_the_tag(world):
    fill(world.root, 3)
    before = snapshot(world.root)
    photos = all_wanted(world.root, SMILE)
    assert causes(world.sync(photos)) == []
    assert len(list(world.root.rglob("*.jpg.xmp"))) == 3
    assert world.plan(photos).empty
    assert world.sync(photos) == []
    assert causes(world.sync([])) == []
    assert snapshot(world.root) == before


@pytest.mark.parametrize("sample", SAMPLES)
def test_another_programs_sidecar_is_followed_and_given_back(world, sample):
    (original,) = fill(world.root, 1)
    sidecar = original.with_suffix(".xmp")
    sidecar.write_bytes(SAMPLES[sample])
    sidecar.chmod(0o640)
    world.sync(all_wanted(world.root, SMILE))
    assert stat.S_IMODE(sidecar.stat().st_mode) == 0o640
    assert "happy" in str(meaning(sidecar.read_bytes())["{http://purl.org/dc/elements/1.1/}subject"])
    world.sync([])
    assert meaning(sidecar.read_bytes()) == meaning(SAMPLES[sample])
    assert sorted(path.name for path in original.parent.iterdir()) == [original.name, sidecar.name]


def test_a_sidecar_that_says_so_already_is_not_written(world):
    (original,) = fill(world.root, 1)
    photos = all_wanted(world.root, SMILE)
    world.sync(photos)
    sidecar = Path(f"{original}.xmp")
    before = sidecar.stat()
    world.notes.unlink()
    assert causes(world.sync(photos)) == []
    after = sidecar.stat()
    assert (after.st_ino, after.st_ctime_ns) == (before.st_ino, before.st_ctime_ns)
    world.sync([])
    assert not sidecar.exists()


def test_a_lost_sidecar_is_written_again(world):
    (original,) = fill(world.root, 1)
    photos = all_wanted(world.root, SMILE)
    world.sync(photos)
    sidecar = Path(f"{original}.xmp")
    before = sidecar.read_bytes()
    sidecar.unlink()
    assert len(world.sync(photos)) == 1
    assert sidecar.read_bytes() == before


def test_a_person_who_takes_the_keyword_out_is_heeded(world):
    (original,) = fill(world.root, 1)
    photos = all_wanted(world.root, SMILE)
    world.sync(photos)
    sidecar = Path(f"{original}.xmp")
    sidecar.write_bytes(sidecar.read_bytes().replace(b"<rdf:li>happy</rdf:li>", b"", 1))
    assert world.sync(photos) == []
    world.sync(all_wanted(world.root, Tag("happy", 0.7, "net@2")))
    assert "{http://purl.org/dc/elements/1.1/}subject" not in meaning(sidecar.read_bytes()) or (
        meaning(sidecar.read_bytes())["{http://purl.org/dc/elements/1.1/}subject"] == ("Bag", [])
    )


def test_what_is_no_xmp_is_refused_aloud_and_left(world):
    first, second = fill(world.root, 2, folders=1)
    broken = Path(f"{first}.xmp")
    broken.write_bytes(b"<x:xmpmeta><half")
    outcomes = world.sync(all_wanted(world.root, SMILE))
    assert causes(outcomes) == [Cause.MALFORMED]
    assert broken.read_bytes() == b"<x:xmpmeta><half"
    assert Path(f"{second}.xmp").exists()


def test_a_sidecar_that_changes_under_our_hands_is_left_and_done_next_time(world):
    (original,) = fill(world.root, 1)
    sidecar = Path(f"{original}.xmp")
    sidecar.write_bytes(SAMPLES["lightroom"])

    def meddle(moment):
        if moment == "built":
            sidecar.write_bytes(SAMPLES["darktable"])

    world.checkpoint = meddle
    outcomes = world.sync(all_wanted(world.root, SMILE))
    assert causes(outcomes) == [Cause.MACHINE]
    assert outcomes[0].error.transient
    assert sidecar.read_bytes() == SAMPLES["darktable"]
    world.checkpoint = None
    assert causes(world.sync(all_wanted(world.root, SMILE))) == []
    assert not list(world.root.rglob(".organiser-*"))


def test_a_sidecar_behind_a_symlink_is_written_where_it_is(world, tmp_path):
    (original,) = fill(world.root, 1)
    real = tmp_path / "kept elsewhere.xmp"
    real.write_bytes(SAMPLES["lightroom"])
    Path(f"{original}.xmp").symlink_to(real)
    world.sync(all_wanted(world.root, SMILE))
    assert Path(f"{original}.xmp").is_symlink()
    assert b"Emotion|happy" in real.read_bytes()


def test_another_name_of_a_sidecar_keeps_what_it_says(world, tmp_path):
    (original,) = fill(world.root, 1)
    sidecar, backup = Path(f"{original}.xmp"), tmp_path / "backup.xmp"
    sidecar.write_bytes(SAMPLES["lightroom"])
    os.link(sidecar, backup)
    world.sync(all_wanted(world.root, SMILE))
    assert backup.read_bytes() == SAMPLES["lightroom"]
    assert b"Emotion|happy" in sidecar.read_bytes()


def test_the_tag_of_a_photo_that_moved_moves_too(world):
    (original,) = fill(world.root, 1)
    world.sync(all_wanted(world.root, SMILE))
    original.rename(world.root / "moved.jpg")
    assert causes(world.sync(all_wanted(world.root, SMILE))) == []
    assert [path.name for path in world.root.rglob("*.xmp")] == ["moved.jpg.xmp"]
    assert world.plan(all_wanted(world.root, SMILE)).empty


def test_a_picture_that_is_gone_gets_no_sidecar(picture):
    writer = SidecarWriter()
    picture.unlink()
    with pytest.raises(PlacingError) as caught:
        writer.writing(str(picture), SMILE)
    assert caught.value.cause == Cause.SOURCE_GONE
    assert writer.clearing(str(picture)) is None


def test_clearing_for_good_needs_no_journal(picture):
    writer = SidecarWriter()
    change = writer.writing(str(picture), SMILE)
    temporary = str(picture.with_name(".organiser-x"))
    writer.draft(change, temporary)
    writer.carry_out(change, temporary)
    assert clear(writer, str(picture), temporary)
    assert not clear(writer, str(picture), temporary)
    assert [path.name for path in picture.parent.iterdir()] == [picture.name]


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "too large"])
def test_what_is_no_sidecar_is_not_waited_for_and_fails_that_photo_alone(world, kind):
    first, second = fill(world.root, 2, folders=1)
    place = Path(f"{first}.xmp")
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    elif kind == "folder":
        place.mkdir()
    else:
        with place.open("wb") as file:
            file.truncate(1 << 40)
    before = place.lstat()
    assert causes(world.sync(all_wanted(world.root, SMILE))) == [Cause.MALFORMED]
    assert Path(f"{second}.xmp").exists()
    assert place.lstat() == before
    with pytest.raises(PlacingError):
        read_keywords(str(first))


def test_a_placed_sidecar_that_became_a_pipe_holds_nothing_up(world):
    (original,) = fill(world.root, 1)
    world.sync(all_wanted(world.root, SMILE))
    place = Path(f"{original}.xmp")
    place.unlink()
    os.mkfifo(place)
    assert causes(world.sync(all_wanted(world.root, SMILE))) == []
    assert causes(world.sync([])) == [Cause.MALFORMED]
    assert causes(world.undo()) == [Cause.MALFORMED]
    original.unlink()
    world.sync([])
    assert stat.S_ISFIFO(place.lstat().st_mode)


@pytest.mark.parametrize(("photo", "sidecar"), [(0o600, 0o600), (0o640, 0o640), (0o444, 0o644), (0o777, 0o644)])
def test_a_sidecar_is_never_more_readable_than_its_photo(world, photo, sidecar):
    (original,) = fill(world.root, 1)
    original.chmod(photo)
    place = Path(f"{original}.xmp")
    world.sync(all_wanted(world.root, SMILE))
    assert stat.S_IMODE(place.stat().st_mode) == sidecar
    world.sync([])
    world.undo([max(world.journal.finished)])
    assert stat.S_IMODE(place.stat().st_mode) == sidecar
    place.chmod(0o644)
    world.sync(all_wanted(world.root, Tag("happy", 0.8, "net@2")))
    assert stat.S_IMODE(place.stat().st_mode) == sidecar


def test_the_null_writer_writes_nothing(world):
    fill(world.root, 2)
    world.writer = NullWriter(Medium.SIDECAR)
    before = snapshot(world.root)
    assert causes(world.sync(all_wanted(world.root, SMILE))) == []
    assert snapshot(world.root) == before


@pytest.mark.parametrize("orientation", range(1, 9))
def test_regions_are_those_of_the_upright_picture_whatever_the_orientation(tmp_path, orientation):
    from organiser.core.collections.placement import Region
    from organiser.core.face import Box

    picture = photos.photo(tmp_path / "photo.jpg", [photos.HAPPY], orientation=orientation)
    tag = Tag("happy", 0.9, "net@1", (Region(Box(0.34, 0.3, 0.32, 0.4), "happy"),), (320, 240))
    writer = SidecarWriter()
    change = writer.writing(str(picture), tag)
    text = change.after.decode()
    assert 'stArea:x="0.500000" stArea:y="0.500000" stArea:w="0.320000" stArea:h="0.400000"' in text
    assert 'stDim:w="320" stDim:h="240"' in text
