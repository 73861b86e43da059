"""Comparing two predictors: worse beyond noise is refused, and copies of one face are one piece of evidence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from organiser.errors import Permanent
from organiser.training.data.faces import Faces
from organiser.training.evaluate.compare import compare, refuses
from tests.training.pixels import PixelPredictor, brightness, draw_faces, mouth_corners


def misled(crops: np.ndarray) -> np.ndarray:
    """Read mouths, but take the opposite where the picture has a white corner."""
    return np.where(brightness(crops, 0, 0) > 200, -1, 1) * mouth_corners(crops)


@pytest.fixture
def faces() -> Faces:
    """Sixty faces, twelve of the happy ones the same picture with a white corner."""
    drawn = draw_faces(30)
    crops = drawn.crops.copy()
    crops[:12] = crops[0]
    crops[:12, :10, :10] = 255
    return replace(drawn, crops=crops)


def test_a_predictor_that_misses_many_faces_is_worse_and_one_that_misses_copies_of_one_may_not_be(
    faces: Faces, tmp_path: Path
) -> None:
    old, new = PixelPredictor(mouth_corners, "old"), PixelPredictor(misled, "new")
    apart = compare(old, new, faces, tmp_path / "apart")
    together = compare(old, new, replace(faces, duplicates=(0,) * 12 + tuple(range(1, 49))), tmp_path / "together")
    assert refuses(apart)
    assert not refuses(together)
    assert [(d.old, d.new) for d in apart] == [(d.old, d.new) for d in together]
    assert json.loads((tmp_path / "together" / "compare.json").read_text())["broken"] == 12


def test_the_same_faces_give_the_same_interval_and_the_report_says_what_was_compared(
    faces: Faces, tmp_path: Path
) -> None:
    known = replace(faces, data="d" * 64, fold="held", source="drawn")
    old, new = PixelPredictor(mouth_corners, "old"), PixelPredictor(misled, "new")
    assert compare(old, new, known, tmp_path) == compare(old, new, known, tmp_path)
    about = json.loads((tmp_path / "compare.json").read_text())["about"]
    assert about["old"] == {"name": "old", "digest": old.digest}
    assert about["new"]["digest"] == new.digest != old.digest
    assert (about["data"], about["fold"], about["source"], about["faces"]) == ("d" * 64, "held", "drawn", 60)


def test_predictors_without_happy_and_sad_are_not_compared(faces: Faces, tmp_path: Path) -> None:
    old, new = PixelPredictor(mouth_corners, "old"), PixelPredictor(mouth_corners, "new")
    new.labels = ("happy", "neutral")
    with pytest.raises(Permanent, match="do not both know happy and sad"):
        compare(old, new, faces, tmp_path)
