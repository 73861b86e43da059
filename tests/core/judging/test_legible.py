"""Which faces count: each measurement against its least, and landmarks seen from the front and from the side."""

import pytest

from organiser.core.face import Landmarks
from organiser.core.judging.legible import Illegible, Legibility, Sight, frontal, illegible

CLEAR = Sight(size=100, sharpness=200, score=0.9, frontal=1.0)
FRONT: Landmarks = ((0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.6), (0.58, 0.6))
PROFILE: Landmarks = ((0.55, 0.4), (0.6, 0.4), (0.65, 0.5), (0.56, 0.6), (0.6, 0.6))


def test_a_clear_face_counts_and_without_demands_every_face_does() -> None:
    least = Legibility(size=14, sharpness=10, score=0.7, frontal=0.5)
    assert illegible(CLEAR, least) is None
    assert illegible(Sight(0, 0, 0, 0), Legibility()) is None


@pytest.mark.parametrize(
    ("sight", "why"),
    [
        (Sight(13, 200, 0.9, 1.0), Illegible.SMALL),
        (Sight(100, 9, 0.9, 1.0), Illegible.BLURRED),
        (Sight(100, 200, 0.6, 1.0), Illegible.WEAK),
        (Sight(100, 200, 0.9, 0.3), Illegible.TURNED),
    ],
)
def test_each_measurement_has_a_reason_of_its_own(sight: Sight, why: Illegible) -> None:
    assert illegible(sight, Legibility(size=14, sharpness=10, score=0.7, frontal=0.5)) is why


def test_a_profile_is_less_frontal_than_a_face_from_the_front() -> None:
    assert frontal(FRONT, 1000, 1000) == pytest.approx(1.0)
    assert frontal(PROFILE, 1000, 1000) < 0.3


def test_it_is_counted_in_pixels_and_the_same_for_a_face_on_its_side() -> None:
    wide: Landmarks = ((0.2, 0.4), (0.3, 0.4), (0.25, 0.5), (0.21, 0.6), (0.29, 0.6))
    assert frontal(wide, 2000, 1000) == pytest.approx(1.0)
    on_its_side: Landmarks = ((0.6, 0.4), (0.6, 0.6), (0.5, 0.5), (0.4, 0.42), (0.4, 0.58))
    assert frontal(on_its_side, 1000, 1000) == pytest.approx(1.0)


def test_landmarks_on_one_point_are_no_front() -> None:
    assert frontal(((0.5, 0.5),) * 5, 100, 100) == 0.0
