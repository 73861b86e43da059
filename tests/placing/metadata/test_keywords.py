"""Keywords that people gave: from sidecars of both names, from packets and IPTC, never ours."""

import pyexiv2
import pytest

from organiser.core.collections.placement import Tag
from organiser.errors import PlacingError
from organiser.placing.disk.errors import Cause
from organiser.placing.metadata.jpeg import with_packet
from organiser.placing.metadata.keywords import read_keywords
from organiser.placing.metadata.xmp import tagged
from tests import photos
from tests.placing.sidecars import SAMPLES

SMILE = Tag("happy", 0.9, "net@1")


@pytest.fixture
def picture(tmp_path):
    return photos.photo(tmp_path / "photo.jpg")


def test_a_picture_without_keywords_has_none(picture):
    assert read_keywords(str(picture)) == []


def test_a_sidecar_is_read_under_either_name(picture):
    picture.with_suffix(".xmp").write_bytes(SAMPLES["darktable"])
    assert read_keywords(str(picture)) == ["darktable", "happy", "darktable|format|jpg"]
    (picture.parent / "photo.jpg.xmp").write_bytes(SAMPLES["digikam"])
    assert read_keywords(str(picture)) == ["People|Anna", "Emotion|calm"]


def test_embedded_keywords_are_read_and_each_is_named_once(picture):
    picture.write_bytes(with_packet(picture.read_bytes(), SAMPLES["lightroom"]))
    with pyexiv2.Image(str(picture)) as image:
        image.modify_iptc({"Iptc.Application2.Keywords": ["holiday", "sad"]})
    (picture.parent / "photo.jpg.xmp").write_bytes(SAMPLES["lightroom"])
    assert read_keywords(str(picture)) == ["holiday", "Zürich", "Places|Zürich", "sad"]


def test_our_own_keywords_are_no_persons_word(picture):
    (picture.parent / "photo.jpg.xmp").write_bytes(tagged(SAMPLES["lightroom"], SMILE))
    picture.write_bytes(with_packet(picture.read_bytes(), tagged(None, SMILE)))
    assert read_keywords(str(picture)) == ["holiday", "Zürich", "Places|Zürich"]


@pytest.mark.parametrize("kind", ["png", "gif", "bmp", "webp", "tiff"])
def test_any_format_can_be_asked(tmp_path, kind):
    assert read_keywords(str(photos.photo(tmp_path / f"a.{kind}"))) == []
    assert read_keywords(str(photos.not_a_picture(tmp_path / "b.jpg"))) == []


def test_what_cannot_be_read_is_said(picture):
    with pytest.raises(PlacingError) as caught:
        read_keywords(str(picture.with_name("gone.jpg")))
    assert caught.value.cause == Cause.SOURCE_GONE
    (picture.parent / "photo.jpg.xmp").write_bytes(b"<half")
    with pytest.raises(PlacingError) as caught:
        read_keywords(str(picture))
    assert caught.value.cause == Cause.MALFORMED
