"""What the command-line tools of Exiv2 and ExifTool read in a sidecar before, between and after our tags.

They share no code with what writes here. Collected where both are installed: see conftest.py.
"""

import json
import subprocess

import pytest

from organiser.core.collections.placement import PlacementMode, Region, Tag
from organiser.core.face import Box
from tests import photos
from tests.placing.sidecars import DARKTABLE, DIGIKAM, LIGHTROOM
from tests.placing.world import World, all_wanted

FACES = Tag("happy", 0.93, "net@1", (Region(Box(0.1, 0.2, 0.4, 0.6), "happy"),), (640, 480))
SHAPES = {"lightroom": LIGHTROOM, "darktable": DARKTABLE, "digikam": DIGIKAM}
KEYWORDS = {
    "exiv2": (("Xmp.dc.subject", "happy"), ("Xmp.lr.hierarchicalSubject", "Emotion|happy"), ("Xmp.digiKam.TagsList", "Emotion/happy")),
    "exiftool": (("XMP-dc:Subject", "happy"), ("XMP-lr:HierarchicalSubject", "Emotion|happy"), ("XMP-digiKam:TagsList", "Emotion/happy")),
}  # fmt: skip
FACE = {
    "exiv2": ("Xmp.mwg-rs.Regions/mwg-rs:RegionList[1]/mwg-rs:Area/stArea:x", "0.300000"),
    "exiftool": ("XMP-mwg-rs:RegionInfo", "'X': 0.3,"),
}


def exiv2(path):
    """Return key, type, count and value of every XMP property; structures and array items are properties of their own."""
    ran = subprocess.run(["exiv2", "-PXkyct", str(path)], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    found = {}
    for line in ran.stdout.splitlines():
        key, kind, count, *value = line.split(maxsplit=3)
        found[key] = kind, count, *value
    return found


def exiftool(path):
    command = ["exiftool", "-j", "-G1", "-struct", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    (found,) = json.loads(ran.stdout)
    about_the_file = ("SourceFile", "ExifTool:", "System:", "File:")
    return {name: value for name, value in found.items() if not name.startswith(about_the_file)}


READERS = {"exiv2": exiv2, "exiftool": exiftool}


@pytest.fixture(params=["photo.xmp", "photo.jpg.xmp"])
def sidecar(request, tmp_path):
    return tmp_path / "photos" / request.param


@pytest.fixture
def world(tmp_path):
    photos.photo(tmp_path / "photos" / "photo.jpg")
    return World(tmp_path / "photos", None, tmp_path / "journal", PlacementMode.TAG)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_another_programs_sidecar_reads_the_same_after_our_tag_came_and_went(world, sidecar, shape, reader):
    read = READERS[reader]
    sidecar.write_bytes(SHAPES[shape])
    before = read(sidecar)
    assert len(before) > 5
    world.sync(all_wanted(world.root, FACES))
    between = read(sidecar)
    for key, word in KEYWORDS[reader]:
        assert word in str(between[key])
        assert word not in str(before.get(key)) or (shape, word) == ("darktable", "happy")
    assert {key: between[key] for key in before if not ours(key)} == {
        key: value for key, value in before.items() if not ours(key)
    }
    world.sync([])
    assert read(sidecar) == before


def ours(key):
    """Whether we add to this property: a keyword list or the regions."""
    return any(word in key.lower() for word in ("subject", "tagslist", "mwg-rs"))


@pytest.mark.parametrize("reader", READERS)
def test_a_sidecar_of_our_own_is_read_by_others(world, reader):
    world.sync(all_wanted(world.root, FACES))
    between = READERS[reader](world.root / "photo.jpg.xmp")
    for key, word in KEYWORDS[reader]:
        assert word in str(between[key])
    key, place = FACE[reader]
    assert place in str(between[key])
