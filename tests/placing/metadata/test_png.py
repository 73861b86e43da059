"""The XMP chunk of PNG files, cut out and put in without touching another byte."""

import io

import pyexiv2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from organiser.files.digest import picture_digest
from organiser.placing.metadata.png import _chunk, is_png, packet_of, with_packet
from tests import photos

PNG = b"\x89PNG\r\n\x1a\n"
HEADER, PIXELS, END = _chunk(b"IHDR", bytes(13)), _chunk(b"IDAT", b"pixels"), _chunk(b"IEND", b"")
OTHERS = [
    _chunk(b"iTXt", b"Comment\0\0\0\0\0hello"),
    _chunk(b"eXIf", b"MM\0*"),
    _chunk(b"tEXt", b"XML:com.adobe.xmp\0x"),
]


@settings(deadline=None)
@given(st.binary(max_size=200), st.lists(st.sampled_from(OTHERS)), st.lists(st.sampled_from(OTHERS)), st.binary())
def test_a_packet_goes_in_and_out_again(packet, before, after, behind):
    data = PNG + HEADER + b"".join(before) + PIXELS + PIXELS + b"".join(after) + END + behind
    assert is_png(data)
    assert packet_of(data) is None
    filled = with_packet(data, packet)
    assert packet_of(filled) == packet
    assert with_packet(filled, None) == data
    assert with_packet(filled, packet) == filled


@pytest.mark.parametrize("data", [PNG + HEADER + PIXELS[:-1], PNG + HEADER + END, PNG + HEADER, PNG + b"\xff" * 40])
def test_chunks_that_cannot_be_followed_are_no_place_for_a_packet(data):
    with pytest.raises(ValueError, match=r"followed|no pixels"):
        with_packet(data, b"packet")


def test_a_compressed_packet_is_left_to_others():
    data = PNG + HEADER + _chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0squeezed") + PIXELS + END
    with pytest.raises(ValueError, match="compressed"):
        packet_of(data)


def test_other_programs_find_the_packet_and_the_same_photo(tmp_path):
    path = photos.photo(tmp_path / "a.png", [photos.HAPPY])
    digest = picture_digest(path)
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    path.write_bytes(with_packet(path.read_bytes(), packet))
    assert picture_digest(path) == digest
    with pyexiv2.Image(str(path)) as image:
        assert image.read_raw_xmp().encode() == packet
    with Image.open(io.BytesIO(path.read_bytes())) as picture:
        picture.load()
        assert picture.info["XML:com.adobe.xmp"].encode() == packet
