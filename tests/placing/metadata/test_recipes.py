"""What docs/photo-programs.md says of each program, as far as ExifTool shows it. Collected where that is installed."""

import json
import subprocess

import pytest

from organiser.core.collections.placement import PlacementMode, Tag
from organiser.files.digest import picture_digest
from organiser.placing.metadata.embedded import EmbeddedWriter
from organiser.placing.metadata.jpeg import with_packet
from tests import photos
from tests.placing.sidecars import LIGHTROOM
from tests.placing.test_sync import causes
from tests.placing.world import World, all_wanted

SMILE = Tag("happy", 0.9, "net@1")
IMMICH = ("XMP-digiKam:TagsList", "XMP-lr:HierarchicalSubject", "IPTC:Keywords")


def read(path):
    ran = subprocess.run(["exiftool", "-j", "-G1", "-struct", str(path)], capture_output=True, check=True)
    (found,) = json.loads(ran.stdout)
    return found


def words(found, name):
    value = found.get(name, [])
    return value if isinstance(value, list) else [value]


@pytest.fixture
def picture(tmp_path):
    path = photos.photo(tmp_path / "photos" / "photo.jpg")
    path.write_bytes(with_packet(path.read_bytes(), LIGHTROOM))
    return path


@pytest.fixture
def world(tmp_path, picture):
    return World(tmp_path / "photos", None, tmp_path / "journal", PlacementMode.TAG)


@pytest.fixture
def sidecar(world, picture):
    """What the new sidecar of a photo with keywords of its own says."""
    assert causes(world.sync(all_wanted(world.root, SMILE))) == []
    return read(picture.with_name("photo.jpg.xmp"))


def test_all_that_the_photo_says_is_in_its_sidecar(sidecar, picture):
    for name, value in read(picture).items():
        if name.startswith("XMP-") and name not in ("XMP-dc:Subject", "XMP-lr:HierarchicalSubject", "XMP-x:XMPToolkit"):
            assert sidecar[name] == value


def test_digikam_and_immich_find_the_tag_below_emotion(sidecar):
    first = next(words(sidecar, name) for name in IMMICH if words(sidecar, name))
    assert "Emotion/happy" in first


def test_darktable_finds_both_spellings_and_the_stars(sidecar):
    assert {"happy", "holiday", "Zürich"} <= set(words(sidecar, "XMP-dc:Subject"))
    assert {"Emotion|happy", "Places|Zürich"} <= set(words(sidecar, "XMP-lr:HierarchicalSubject"))
    assert sidecar["XMP-xmp:Rating"] == 4


def test_photoprism_finds_the_photos_own_keywords_beside_ours(sidecar):
    assert set(words(sidecar, "XMP-dc:Subject")) == {"holiday", "Zürich", "happy"}


def test_lightroom_finds_ours_in_the_sidecar_that_it_wrote_for_a_raw_file(world, picture):
    place = picture.with_name("photo.xmp")
    place.write_bytes(LIGHTROOM)
    world.sync(all_wanted(world.root, SMILE))
    assert "Emotion|happy" in words(read(place), "XMP-lr:HierarchicalSubject")
    assert not picture.with_name("photo.jpg.xmp").exists()


def test_lightroom_finds_ours_in_a_jpeg_where_embedding_is_on(world, picture):
    world.writer = EmbeddedWriter(lambda path, other: picture_digest(path) == picture_digest(other))
    before = picture.read_bytes()
    assert causes(world.sync(all_wanted(world.root, SMILE))) == []
    assert {"happy", "holiday"} <= set(words(read(picture), "XMP-dc:Subject"))
    assert causes(world.undo()) == []
    assert picture.read_bytes() == before
