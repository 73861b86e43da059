"""A new sidecar begins with what the picture says of itself, and goes with our tag unless somebody wrote to it."""

from pathlib import Path

import pyexiv2
import pytest

from organiser.core.collections.placement import PlacementMode, Tag
from organiser.placing.metadata.jpeg import with_packet
from organiser.placing.metadata.xmp import tagged
from tests import photos
from tests.placing.sidecars import SAMPLES, meaning
from tests.placing.test_sync import causes
from tests.placing.world import World, all_wanted, snapshot

SMILE = Tag("happy", 0.9, "net@1")
SUBJECT = "{http://purl.org/dc/elements/1.1/}subject"


@pytest.fixture
def picture(tmp_path):
    return photos.photo(tmp_path / "photos" / "photo.jpg")


@pytest.fixture
def world(tmp_path, picture):
    return World(tmp_path / "photos", None, tmp_path / "journal", PlacementMode.TAG)


def embed(picture, sample):
    picture.write_bytes(with_packet(picture.read_bytes(), SAMPLES[sample]))


def subjects(picture):
    return [word for word, _ in meaning(sidecar(picture).read_bytes())[SUBJECT][1]]


def sidecar(picture):
    return Path(f"{picture}.xmp")


@pytest.mark.parametrize("sample", SAMPLES)
def test_all_that_the_picture_says_is_in_its_new_sidecar(world, picture, sample):
    embed(picture, sample)
    before = snapshot(world.root)
    assert causes(world.sync(all_wanted(world.root, SMILE))) == []
    carried, embedded = meaning(sidecar(picture).read_bytes()), meaning(SAMPLES[sample])
    for name, value in embedded.items():
        if "subject" in name.lower() or "tagslist" in name.lower():
            assert set(value[1]) <= set(carried[name][1])
        else:
            assert carried[name] == value
    assert world.plan(all_wanted(world.root, SMILE)).empty
    assert causes(world.sync([])) == []
    assert snapshot(world.root) == before


def test_undo_takes_the_whole_sidecar_away(world, picture):
    embed(picture, "lightroom")
    before = snapshot(world.root)
    world.sync(all_wanted(world.root, SMILE))
    assert causes(world.undo()) == []
    assert snapshot(world.root) == before


def test_keywords_of_the_iptc_block_are_carried_too(world, picture):
    with pyexiv2.Image(str(picture)) as image:
        image.modify_iptc({"Iptc.Application2.Keywords": ["holiday", "Zürich"]})
    before = snapshot(world.root)
    world.sync(all_wanted(world.root, SMILE))
    assert subjects(picture) == ["holiday", "Zürich", "happy"]
    world.sync([])
    assert snapshot(world.root) == before


def test_a_keyword_that_the_picture_has_already_is_not_ours_to_take(world, picture):
    with pyexiv2.Image(str(picture)) as image:
        image.modify_iptc({"Iptc.Application2.Keywords": ["happy"]})
    world.sync(all_wanted(world.root, SMILE))
    assert subjects(picture) == ["happy"]
    world.sync([])
    assert not sidecar(picture).exists()


def test_a_sidecar_that_somebody_wrote_to_stays_with_what_it_says(world, picture):
    embed(picture, "lightroom")
    world.sync(all_wanted(world.root, SMILE))
    place = sidecar(picture)
    place.write_bytes(
        place.read_bytes().replace(b"<rdf:li>holiday</rdf:li>", b"<rdf:li>holiday</rdf:li><rdf:li>mine</rdf:li>")
    )
    world.sync([])
    assert "mine" in subjects(picture)
    assert "happy" not in str(meaning(place.read_bytes()))


def test_what_we_embedded_ourselves_is_not_carried(world, picture):
    picture.write_bytes(with_packet(picture.read_bytes(), tagged(SAMPLES["lightroom"], Tag("sad", 0.4, "net@0"))))
    world.sync(all_wanted(world.root, SMILE))
    text = sidecar(picture).read_bytes()
    assert b"holiday" in text
    assert b"sad" not in text


@pytest.mark.parametrize("packet", [b"<half", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>", b"", b"no xml"])
def test_a_picture_with_a_broken_packet_gets_a_sidecar_all_the_same(world, picture, packet):
    picture.write_bytes(with_packet(picture.read_bytes(), packet))
    before = snapshot(world.root)
    assert causes(world.sync(all_wanted(world.root, SMILE))) == []
    assert subjects(picture) == ["happy"]
    world.sync([])
    assert snapshot(world.root) == before
