import hashlib
import os

import pyexiv2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from organiser.files.digest import file_digest, picture_digest
from organiser.regular_files import NotRegularError
from tests import photos

WITHOUT_METADATA = ("jpg", "png", "webp")


def tag(path, keyword="holiday", rating="4"):
    """What a photo manager does when somebody adds a keyword and a rating."""
    with pyexiv2.Image(str(path)) as image:
        image.modify_exif({"Exif.Image.ImageDescription": "at the sea", "Exif.Image.Artist": "somebody"})
        image.modify_xmp({"Xmp.dc.subject": [keyword], "Xmp.xmp.Rating": rating})
        image.modify_iptc({"Iptc.Application2.Keywords": [keyword]})
        if path.suffix in (".jpg", ".png"):
            image.modify_comment("a comment")


@pytest.mark.parametrize("kind", WITHOUT_METADATA)
def test_a_keyword_does_not_make_a_new_photo(tmp_path, kind):
    path = photos.photo(tmp_path / f"a.{kind}")
    before, whole = picture_digest(path), file_digest(path)
    tag(path)
    assert file_digest(path) != whole
    assert picture_digest(path) == before
    tag(path, keyword="something much longer than before", rating="1")
    assert picture_digest(path) == before


@pytest.mark.parametrize("kind", WITHOUT_METADATA)
def test_a_keyword_keeps_a_turned_photo_the_same(tmp_path, kind):
    path = photos.photo(tmp_path / f"a.{kind}", orientation=6)
    before = picture_digest(path)
    tag(path)
    assert picture_digest(path) == before


@pytest.mark.parametrize("kind", WITHOUT_METADATA)
def test_turning_a_photo_makes_another_picture(tmp_path, kind):
    picture = photos.scene()
    digests = {
        picture_digest(photos.save(picture, tmp_path / f"{turn}.{kind}", photos.exif(turn))) for turn in range(1, 9)
    }
    assert len(digests) == 8


@pytest.mark.parametrize("kind", WITHOUT_METADATA)
def test_saying_that_a_photo_is_upright_changes_nothing(tmp_path, kind):
    silent = photos.photo(tmp_path / f"silent.{kind}")
    tagged = photos.photo(tmp_path / f"said.{kind}", camera=("Maker", "Model"))
    assert picture_digest(silent) == picture_digest(tagged)


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_metadata_items_do_not_make_a_new_photo(tmp_path, kind):
    """Both formats are written anew: no program at hand adds metadata to a file of theirs."""
    picture = photos.scene()
    plain = photos.save(picture, tmp_path / f"plain.{kind}")
    said = photos.save(picture, tmp_path / f"said.{kind}", photos.exif(camera=("Maker", "Model")))
    tagged = tmp_path / f"tagged.{kind}"
    picture.save(tagged, photos.FORMATS[kind], quality=92, xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    assert len({file_digest(path) for path in (plain, said, tagged)}) == 3
    assert len({picture_digest(path) for path in (plain, said, tagged)}) == 1
    assert picture_digest(plain) != file_digest(plain)


def test_turning_an_avif_makes_another_picture(tmp_path):
    picture = photos.scene()
    digests = {
        picture_digest(photos.save(picture, tmp_path / f"{turn}.avif", photos.exif(turn))) for turn in range(1, 9)
    }
    assert len(digests) == 8


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_an_item_said_to_fill_the_file_many_times_is_not_followed(tmp_path, kind):
    path = photos.photo(tmp_path / f"a.{kind}")
    data = bytearray(path.read_bytes())
    length = len(data) - data.index(b"mdat") - 4
    at = data.index(length.to_bytes(4, "big"), data.index(b"iloc"))
    data[at : at + 4] = (len(data) + 1).to_bytes(4, "big")
    path.write_bytes(data)
    assert picture_digest(path) == file_digest(path)


@pytest.mark.parametrize("kind", sorted(photos.FORMATS))
def test_other_pixels_are_another_picture(tmp_path, kind):
    path, other = photos.photo(tmp_path / f"a.{kind}"), photos.photo(tmp_path / f"b.{kind}", seed=1)
    assert picture_digest(path) != picture_digest(other)


@pytest.mark.parametrize("kind", sorted(photos.FORMATS))
def test_a_copy_under_another_name_is_the_same_picture(tmp_path, kind):
    path = photos.photo(tmp_path / f"a.{kind}")
    copy = tmp_path / "b.jpg"
    copy.write_bytes(path.read_bytes())
    assert picture_digest(copy) == picture_digest(path)


@pytest.mark.parametrize("kind", WITHOUT_METADATA)
def test_a_colour_profile_changes_the_look(tmp_path, kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain, profiled = tmp_path / f"plain.{kind}", tmp_path / f"profiled.{kind}"
    photos.scene().save(plain)
    photos.scene().save(profiled, icc_profile=profile)
    assert picture_digest(plain) != picture_digest(profiled)


def test_the_pixel_density_of_a_jpeg_changes_nothing(tmp_path):
    for density in (72, 300):
        photos.scene().save(tmp_path / f"{density}.jpg", dpi=(density, density))
    assert picture_digest(tmp_path / "72.jpg") == picture_digest(tmp_path / "300.jpg")


def test_a_progressive_jpeg_keeps_its_digest_when_tagged(tmp_path):
    path = tmp_path / "a.jpg"
    photos.scene().save(path, progressive=True)
    before = picture_digest(path)
    tag(path)
    assert picture_digest(path) == before


@pytest.mark.parametrize("kind", ["webp", "png", "gif"])
def test_an_animation_differs_by_its_later_frames(tmp_path, kind):
    path = photos.animated(tmp_path / f"one.{kind}", (), ())
    other = photos.animated(tmp_path / f"other.{kind}", (), (photos.HAPPY,))
    assert picture_digest(path) != picture_digest(other)


def test_an_animated_webp_keeps_its_digest_when_tagged(tmp_path):
    path = photos.animated(tmp_path / "a.webp", (), (photos.HAPPY,))
    before = picture_digest(path)
    tag(path)
    assert picture_digest(path) == before


@pytest.mark.parametrize("kind", WITHOUT_METADATA)
def test_what_follows_the_picture_belongs_to_it(tmp_path, kind):
    path = photos.photo(tmp_path / f"a.{kind}")
    before = picture_digest(path)
    path.write_bytes(path.read_bytes() + b"the clip of a motion photo")
    assert picture_digest(path) != before


def test_fill_bytes_before_a_marker_are_allowed(tmp_path):
    path = photos.photo(tmp_path / "a.jpg")
    data = path.read_bytes()
    at = data.index(b"\xff\xdb")
    padded = tmp_path / "padded.jpg"
    padded.write_bytes(data[:at] + b"\xff\xff" + data[at:])
    assert picture_digest(padded) == picture_digest(path)


def test_a_cut_off_picture_is_another_one(tmp_path):
    whole, cut = photos.photo(tmp_path / "a.jpg"), photos.truncated(tmp_path / "b.jpg")
    assert picture_digest(cut) != picture_digest(whole)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\x00\x00rest",
        b"\xff\xd8\xff\xe1\xff\xffshort",
        b"\x89PNG\r\n\x1a\n\x7f\xff\xff\xffeXIf",
        b"RIFF\xff\xff\xff\xffWEBPEXIF\xff\xff\xff\x7f",
    ],
)
def test_a_file_whose_structure_does_not_add_up_is_digested_whole(tmp_path, data):
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    assert picture_digest(path) == file_digest(path) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("kind", [*WITHOUT_METADATA, "heic", "avif"])
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_never_raises(tmp_path, kind, data):
    whole, path = tmp_path / f"whole.{kind}", tmp_path / "damaged"
    if not whole.exists():
        photos.photo(whole, size=(48, 32), orientation=6 if kind != "heic" else 1)
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content), 400) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert len(picture_digest(path)) == 64


def test_a_file_that_cannot_be_read_is_an_error_of_the_machine(tmp_path):
    with pytest.raises(FileNotFoundError):
        picture_digest(tmp_path / "gone.jpg")
    with pytest.raises(IsADirectoryError):
        picture_digest(tmp_path)


def test_a_large_file_is_streamed(tmp_path):
    path = tmp_path / "large.png"
    Image.effect_noise((1600, 1200), 80).save(path)
    assert path.stat().st_size > 1 << 20
    before = picture_digest(path)
    tag(path)
    assert picture_digest(path) == before


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(NotRegularError):
        picture_digest(tmp_path / "a.jpg")
