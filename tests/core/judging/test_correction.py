"""Which face a correction means: one rule for the fold, the report, the wall, the listing and the export."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.correction import (
    SAME_FACE_OVERLAP,
    Correction,
    number_of,
    of_face,
    of_photo,
    overlap,
    refused,
)
from organiser.core.photo import PhotoId

FACE, OTHER = Box(0.1, 0.1, 0.2, 0.2), Box(0.6, 0.6, 0.2, 0.2)


def said(box: Box | None, emotion: Emotion | None = Emotion.HAPPY, verb: str = "is") -> Correction:
    return Correction(PhotoId(1), box, verb, emotion, "Anna", 1.0)


@pytest.mark.parametrize(("shift", "meant"), [(0.0, True), (0.05, True), (0.1, False), (0.3, False)])
def test_a_face_that_a_later_detection_finds_about_there_is_meant(shift: float, *, meant: bool) -> None:
    assert said(FACE).means(Box(FACE.x + shift, FACE.y, FACE.w, FACE.h)) is meant


def test_a_word_on_the_whole_photo_means_no_face() -> None:
    assert not said(None).means(FACE)
    assert of_photo([said(FACE), said(None, Emotion.SAD)]) == said(None, Emotion.SAD)
    assert of_photo([said(FACE), said(None, verb="is_not")]) is None
    assert of_face([said(None)], FACE) is None


def test_the_oldest_word_on_a_face_counts_and_others_are_of_others() -> None:
    assert of_face([said(OTHER), said(FACE, Emotion.SAD), said(FACE)], FACE) == said(FACE, Emotion.SAD)
    assert of_face([said(FACE, verb="is_not")], FACE) is None


def test_what_is_refused_for_the_photo_is_refused_for_each_face() -> None:
    every = [said(None, Emotion.HAPPY, "is_not"), said(FACE, Emotion.SAD, "is_not"), said(FACE, Emotion.FEAR)]
    assert refused(every, FACE) == [Emotion.HAPPY, Emotion.SAD]
    assert refused(every, OTHER) == [Emotion.HAPPY]


fractions = st.floats(0, 0.5)
boxes = st.builds(Box, fractions, fractions, st.floats(0.01, 0.5), st.floats(0.01, 0.5))


@given(boxes, st.lists(boxes, max_size=6))
def test_the_number_is_that_of_the_closest_face_if_that_is_close_enough(subject: Box, faces: list[Box]) -> None:
    number = number_of(subject, faces)
    closest = max((subject.overlap(face) for face in faces), default=0.0)
    assert (number is not None) == (closest >= SAME_FACE_OVERLAP)
    if number is not None:
        assert subject.overlap(faces[number - 1]) == closest
        assert said(subject).means(faces[number - 1])


@given(st.none() | boxes, st.none() | boxes)
def test_overlap_is_mutual_and_whole_with_itself(subject: Box | None, other: Box | None) -> None:
    assert overlap(subject, other) == pytest.approx(overlap(other, subject))
    assert overlap(subject, subject) == pytest.approx(1.0)
    assert 0 <= overlap(subject, other) <= 1 + 1e-9
