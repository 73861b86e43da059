from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from organiser.core.photo import Capture
from organiser.vision.decoding.capture import capture_of, upright
from tests.photos import exif

TAKEN = datetime(2024, 5, 6, 7, 8, 9)


@given(orientation=st.integers(1, 8), width=st.integers(1, 9), height=st.integers(1, 9))
def test_stored_pixels_are_turned_as_other_programs_turn_them(orientation, width, height):
    stored = np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3)
    picture = Image.fromarray(stored)
    picture.getexif()[0x0112] = orientation
    assert np.array_equal(upright(stored, orientation), np.asarray(ImageOps.exif_transpose(picture)))


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON D50", "NIKON D50"),
        ("Canon", "Canon EOS 450D", "Canon EOS 450D"),
        ("Apple", "iPhone 11 Pro", "Apple iPhone 11 Pro"),
        ("", "DSC-W1", "DSC-W1"),
        ("Pentax\x00\x00", " ", "Pentax"),
        ("", "", None),
    ],
)
def test_make_and_model_become_one_text_without_repetition(make, model, camera):
    assert capture_of(exif(camera=(make, model), taken=TAKEN)) == Capture(TAKEN, camera)


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", ""])
def test_a_clock_that_was_never_set_gives_no_time(text):
    block = exif(taken=TAKEN)
    block.get_ifd(0x8769)[0x9003] = text
    assert capture_of(block).taken is None


def test_the_time_of_digitising_stands_in_for_a_missing_time_of_taking():
    block = exif(taken=TAKEN)
    details = block.get_ifd(0x8769)
    details[0x9004] = details.pop(0x9003)
    assert capture_of(block).taken == TAKEN
