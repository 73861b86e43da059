"""Disturbances of training pictures: they touch what they say and leave the rest."""

from dataclasses import replace

import numpy as np
import pytest

from organiser.training.learn.augment import NONE, augmented
from organiser.training.learn.configs.ship import CONFIG
from tests.training.drawn import draw_face

WHOLE = (0, 0, 128, 128)


@pytest.mark.parametrize("channels", [1, 3])
def test_glasses_cover_eyes_and_nothing_else(channels: int) -> None:
    crop = draw_face("happy", 1)[:, :, :channels]
    plain = augmented(crop, crop, WHOLE, 128, NONE, np.random.default_rng(0))
    np.testing.assert_array_equal(plain, crop)
    drawn = [
        augmented(crop, crop, WHOLE, 128, replace(NONE, glasses=1.0), np.random.default_rng(seed)) for seed in range(40)
    ]
    for picture in drawn:
        changed = (picture != crop).any(axis=2)
        assert changed[30:76].any()
        assert not changed[:30].any()
        assert not changed[76:].any()
    assert len({picture.tobytes() for picture in drawn}) == 40


def test_every_disturbance_keeps_shape_and_type_and_leaves_the_crop_alone() -> None:
    crop, other = draw_face("sad", 2), draw_face("happy", 3)
    before = crop.copy()
    every = replace(
        CONFIG.augment, exposure=1.0, coarse=1.0, blur=1.0, jpeg=1.0, noise=1.0, mask=1.0, cutout=1.0, glasses=1.0
    )
    for seed in range(20):
        picture = augmented(crop, other, CONFIG.window, 48, every, np.random.default_rng(seed))
        assert (picture.shape, picture.dtype) == ((48, 48, 3), np.uint8)
    np.testing.assert_array_equal(crop, before)
