"""The XMP segment of JPEG files, cut out and put in without touching another byte."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from organiser.placing.metadata.jpeg import is_jpeg, packet_of, with_packet
from tests import photos

PLAIN = b"\xff\xd8\xff\xdb\x00\x04\x01\x02\xff\xda\x00\x02scan data \xff\x00 and more\xff\xd9"


def segment(marker, content):
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
EXIF = segment(0xE1, b"Exif\0\0MM\0*maker's note")
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + b"rest")


def jpeg(*segments):
    return PLAIN[:2] + b"".join(segments) + PLAIN[2:]


@settings(deadline=None)
@given(st.binary(max_size=200), st.lists(st.sampled_from([JFIF, EXIF, EXTENDED, segment(0xED, b"Photoshop 3.0\0")])))
def test_a_packet_goes_in_and_out_again(packet, segments):
    data = jpeg(*segments)
    assert packet_of(data) is None
    filled = with_packet(data, packet)
    assert packet_of(filled) == packet
    assert len(filled) == len(data) + len(packet) + 4 + len(XMP)
    assert with_packet(filled, None) == data
    assert with_packet(filled, packet) == filled


def test_a_new_packet_stands_behind_jfif_and_exif():
    assert with_packet(jpeg(JFIF, EXIF, EXTENDED), b"new") == jpeg(JFIF, EXIF, segment(0xE1, XMP + b"new"), EXTENDED)
    assert with_packet(jpeg(), b"new") == jpeg(segment(0xE1, XMP + b"new"))


def test_a_packet_is_replaced_where_it_is():
    old, new = segment(0xE1, XMP + b"old"), segment(0xE1, XMP + b"newer")
    assert with_packet(jpeg(JFIF, EXTENDED, old), b"newer") == jpeg(JFIF, EXTENDED, new)


def test_fill_bytes_and_bare_markers_are_passed():
    data = jpeg(JFIF, b"\xff\xff", segment(0xFE, b"comment"), b"\xff\x01", EXIF)
    assert with_packet(with_packet(data, b"x"), None) == data
    assert packet_of(with_packet(data, b"x")) == b"x"


@pytest.mark.parametrize("data", [b"\xff\xd8\xffnonsense", jpeg(b"\xff\xe1\xff\xff"), jpeg(b"\xff\xe1\0\1"), PLAIN[:5]])
def test_broken_segments_are_refused(data):
    with pytest.raises(ValueError, match="followed"):
        with_packet(data, b"x")


def test_a_packet_longer_than_a_segment_is_refused():
    with pytest.raises(ValueError, match="holds"):
        with_packet(jpeg(), bytes(65_505))
    assert packet_of(with_packet(jpeg(), bytes(65_504))) == bytes(65_504)


def test_pillow_finds_the_packet_and_the_same_picture(tmp_path):
    path = photos.photo(tmp_path / "a.jpg", [photos.HAPPY], orientation=6, camera=("Make", "Model"))
    data = path.read_bytes()
    filled = with_packet(data, b"<x/>")
    assert is_jpeg(filled)
    with Image.open(io.BytesIO(filled)) as new, Image.open(io.BytesIO(data)) as old:
        assert new.info["xmp"] == b"<x/>"
        assert new.tobytes() == old.tobytes()
        assert new.getexif() == old.getexif()
