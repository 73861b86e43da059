import struct

import pytest
from PIL import Image

from organiser.formats.orientation import orientation


def block(value, *, order="<", kind=3, tag=0x0112):
    value_field = struct.pack(order + {1: "B3x", 3: "H2x", 4: "I"}[kind], value)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(order + "HHI", 0x010F, 2, 4) + b"abc\0" + struct.pack(order + "HHI", tag, kind, 1)
    return mark + struct.pack(order + "IH", 8, 2) + entries + value_field + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [1, 3, 4])
@pytest.mark.parametrize("value", range(1, 9))
def test_every_orientation_is_read_in_every_spelling(order, kind, value):
    assert orientation(block(value, order=order, kind=kind)) == value
    assert orientation(b"Exif\0\0" + block(value, order=order, kind=kind)) == value


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_impossible_orientation_is_upright(value):
    assert orientation(block(value)) == 1


def test_a_block_without_the_tag_is_upright():
    assert orientation(block(6, tag=0x0113)) == 1


@pytest.mark.parametrize("cut", range(0, 32, 3))
def test_a_broken_block_is_upright(cut):
    assert orientation(block(6)[:cut]) == 1


def test_it_agrees_with_pillow():
    exif = Image.Exif()
    exif[0x0112] = 5
    exif[0x010F] = "Maker"
    assert orientation(exif.tobytes()) == 5
