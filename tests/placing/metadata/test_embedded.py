"""Tags inside picture files: only when nothing else changes, never through a link, and undone again."""

import io
import os
from pathlib import Path

import pyexiv2
import pytest
from PIL import Image, ImageSequence

from organiser.core.collections.placement import PlacementMode, Tag
from organiser.placing.context import Done
from organiser.placing.disk.errors import Cause
from organiser.placing.metadata import jpeg, png
from organiser.placing.metadata.embedded import EmbeddedWriter
from organiser.placing.metadata.keywords import read_keywords
from tests import photos
from tests.placing.sidecars import SAMPLES, meaning
from tests.placing.world import World, all_wanted, snapshot

SMILE = Tag("happy", 0.9, "net@1")
WRITABLE = ["jpg", "png"]
REFUSED = ["webp", "tiff", "jp2", "gif", "bmp", "avif", "heic"]


def same_picture(old: Path, new: Path) -> bool:
    return frames(old) == frames(new)


def frames(path):
    with Image.open(path) as picture:
        return [(frame.mode, frame.size, frame.tobytes()) for frame in ImageSequence.Iterator(picture)]


@pytest.fixture
def world(tmp_path):
    writer = EmbeddedWriter(same_picture)
    return World(tmp_path / "photos", None, tmp_path / "journal", PlacementMode.TAG, writer=writer)


def causes(outcomes):
    return [outcome.error.cause for outcome in outcomes if not isinstance(outcome, Done)]


def draw(world, kind):
    camera = ("Make", "Model") if kind in photos.WITH_ORIENTATION else None
    return photos.photo(world.root / f"a.{kind}", [photos.HAPPY], orientation=1, camera=camera)


@pytest.mark.parametrize("kind", WRITABLE)
def test_a_tag_is_embedded_and_everything_else_stays(world, kind):
    path = draw(world, kind)
    path.chmod(0o640)
    before, bytes_before = frames(path), path.read_bytes()
    assert causes(world.sync(all_wanted(world.root, SMILE))) == []
    assert frames(path) == before
    assert path.stat().st_mode & 0o777 == 0o640
    stated = meaning(world.writer.read(str(path)))
    assert stated["{http://purl.org/dc/elements/1.1/}subject"] == ("Bag", [("happy", None)])
    with pyexiv2.Image(str(path)) as image:
        assert image.read_xmp()["Xmp.lr.hierarchicalSubject"] == ["Emotion|happy"]
    with Image.open(path) as new, Image.open(io.BytesIO(bytes_before)) as old:
        assert dict(new.getexif()).items() >= {k: v for k, v in old.getexif().items() if k not in (273, 700)}.items()
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("kind", WRITABLE)
def test_what_is_tagged_is_not_written_again_and_can_be_cleared(world, kind):
    path = draw(world, kind)
    original = path.read_bytes()
    world.sync(all_wanted(world.root, SMILE))
    before = path.stat()
    assert world.writer.writing(str(path), SMILE) is None
    assert (path.stat().st_ino, path.stat().st_ctime_ns) == (before.st_ino, before.st_ctime_ns)
    change = world.writer.clearing(str(path))
    temporary = str(path.with_name(".organiser-x"))
    world.writer.draft(change, temporary)
    world.writer.carry_out(change, temporary)
    assert read_keywords(str(path)) == []
    assert path.read_bytes() == original


@pytest.mark.parametrize("kind", REFUSED)
def test_a_format_without_room_for_tags_is_refused_and_untouched(world, kind):
    path = draw(world, kind)
    before = path.read_bytes()
    outcomes = world.sync(all_wanted(world.root, SMILE))
    assert causes(outcomes) in ([Cause.UNSUPPORTED], [Cause.MALFORMED])
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("make", [os.link, os.symlink])
def test_a_file_with_several_names_is_never_written_into(world, make, tmp_path):
    path = draw(world, "jpg")
    if make is os.link:
        os.link(path, tmp_path / "elsewhere.jpg")
    else:
        path.rename(tmp_path / "elsewhere.jpg")
        path.symlink_to(tmp_path / "elsewhere.jpg")
    before = path.read_bytes()
    outcomes = world.sync(all_wanted(world.root, SMILE))
    assert causes(outcomes) == [Cause.LINKED]
    assert path.read_bytes() == before
    assert path.samefile(tmp_path / "elsewhere.jpg")


WITH_PACKET = {"jpg": jpeg.with_packet, "png": png.with_packet}


@pytest.mark.parametrize("kind", WRITABLE)
def test_another_programs_packet_keeps_all_it_says(world, kind):
    path = draw(world, kind)
    path.write_bytes(WITH_PACKET[kind](path.read_bytes(), SAMPLES["lightroom"]))
    before = path.read_bytes()
    world.sync(all_wanted(world.root, SMILE))
    assert read_keywords(str(path)) == ["holiday", "Zürich", "Places|Zürich"]
    assert b"Emotion|happy" in path.read_bytes()
    assert causes(world.undo()) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", WRITABLE + REFUSED)
def test_undoing_gives_a_picture_its_very_bytes(world, kind):
    draw(world, kind)
    before = snapshot(world.root)
    world.sync(all_wanted(world.root, SMILE))
    assert (snapshot(world.root) != before) == (kind in WRITABLE)
    assert causes(world.undo()) == []
    assert snapshot(world.root) == before


@pytest.mark.parametrize("kind", ["png", "webp", "tiff", "jp2"])
def test_a_packet_that_another_program_wrote_comes_back_or_nothing_is_written(world, kind):
    path = draw(world, kind)
    with pyexiv2.Image(str(path)) as image:
        image.modify_raw_xmp(SAMPLES["lightroom"].decode())
    before = snapshot(world.root)
    world.sync(all_wanted(world.root, SMILE))
    assert causes(world.undo()) == []
    assert snapshot(world.root) == before


def test_a_picture_that_would_become_another_photo_is_left(world):
    path = draw(world, "jpg")
    before = path.read_bytes()
    world.writer = EmbeddedWriter(lambda old, new: False)
    assert causes(world.sync(all_wanted(world.root, SMILE))) == [Cause.PICTURE_CHANGED]
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_a_picture_that_cannot_be_decoded_is_left(world):
    path = photos.truncated(world.root / "a.jpg", 0.5)
    before = path.read_bytes()
    assert causes(world.sync(all_wanted(world.root, SMILE))) == [Cause.UNSUPPORTED]
    assert path.read_bytes() == before


def test_a_picture_that_another_program_writes_to_meanwhile_is_left(world):
    path = draw(world, "jpg")

    def meddle(moment):
        if moment == "built":
            photos.photo(path, [photos.SAD])

    world.checkpoint = meddle
    outcomes = world.sync(all_wanted(world.root, SMILE))
    assert causes(outcomes) == [Cause.MACHINE]
    assert outcomes[0].error.transient
    assert b"Emotion|happy" not in path.read_bytes()
    assert os.listdir(path.parent) == [path.name]


def test_an_animation_keeps_all_its_frames(world):
    path = photos.animated(world.root / "a.png", [photos.HAPPY], [photos.SAD])
    before = frames(path)
    outcomes = world.sync(all_wanted(world.root, SMILE))
    assert causes(outcomes) == []
    assert frames(path) == before
    assert len(before) == 3
