import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from organiser.vision.resize import resized, within

SIDE = st.integers(1, 300)


@given(SIDE, SIDE, st.integers(1, 300))
def test_the_longest_side_is_never_exceeded_and_nothing_grows(width, height, longest):
    small = within(width, height, longest)
    assert max(small) <= max(longest, 1)
    assert 1 <= small[0] <= width
    assert 1 <= small[1] <= height


@given(SIDE, SIDE, st.integers(1, 300))
def test_an_image_has_the_asked_size_whatever_it_was(width, height, longest):
    image = np.zeros((height, width, 3), np.uint8)
    size = within(width, height, longest)
    assert resized(image, *size).shape == (size[1], size[0], 3)


def test_an_image_of_the_asked_size_is_not_copied():
    image = np.zeros((20, 30, 3), np.uint8)
    assert resized(image, 30, 20) is image


def test_every_pixel_counts_in_a_much_smaller_image():
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 200
    assert np.abs(resized(stripes, 60, 60).astype(int) - 100).max() <= 2
