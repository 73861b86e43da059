import pytest

from organiser.formats.table import HEAD_BYTES, PictureKind, picture_kind, picture_not_read
from tests import photos

KINDS = {
    "jpg": PictureKind.JPEG,
    "png": PictureKind.PNG,
    "webp": PictureKind.WEBP,
    "tiff": PictureKind.TIFF,
    "gif": PictureKind.GIF,
    "bmp": PictureKind.BMP,
    "avif": PictureKind.AVIF,
    "jp2": PictureKind.JPEG2000,
    "heic": PictureKind.HEIC,
}


@pytest.mark.parametrize("suffix", photos.FORMATS)
def test_a_pictures_kind_is_told_from_its_first_bytes(tmp_path, suffix):
    data = photos.photo(tmp_path / f"a.{suffix}").read_bytes()
    assert picture_kind(data[:HEAD_BYTES]) is KINDS[suffix]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"BM and other words that begin like a bitmap",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
        b"<html>",
    ],
)
def test_what_only_resembles_a_picture_is_none(head):
    assert picture_kind(head) is None
    assert picture_not_read(head) is None


def test_camera_raw_is_told_apart_where_the_head_suffices():
    assert picture_kind(b"II*\x00\x10\x00\x00\x00CR\x02\x00") is PictureKind.RAW
    assert picture_kind(b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom") is PictureKind.RAW
    assert picture_kind(b"FUJIFILMCCD-RAW 0201") is PictureKind.RAW


def test_known_pictures_that_are_not_read_have_a_name():
    assert picture_not_read(b"\xff\x0a\xfa\x1f") == "JPEG XL"
    assert picture_not_read(b"8BPS\x00\x01") == "Photoshop"
