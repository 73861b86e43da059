"""How common an emotion is changes what a face's probabilities mean, by Bayes' rule and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organiser.core.emotion import Emotion
from organiser.core.judging.mixture import rebalanced
from organiser.core.judging.verdict import Policy

H, S, N = Emotion.HAPPY, Emotion.SAD, Emotion.NEUTRAL
LEARNED = {H: 0.5, S: 0.25, N: 0.25}


def test_what_is_rarer_in_the_library_is_less_likely() -> None:
    found = rebalanced({H: 0.4, S: 0.6, N: 0.0}, LEARNED, {H: 0.75, S: 0.025, N: 0.225})
    assert found == {H: pytest.approx(0.6 / 0.66), S: pytest.approx(0.06 / 0.66), N: 0.0}


def test_without_a_mixture_nothing_changes() -> None:
    read = {H: 0.4, S: 0.6}
    assert rebalanced(read, LEARNED, {}) == rebalanced(read, {}, LEARNED) == read


def test_an_emotion_nobody_counted_keeps_its_odds() -> None:
    found = rebalanced({H: 0.4, S: 0.4, Emotion.CONTEMPT: 0.2}, LEARNED, {H: 0.5, S: 0.25})
    assert found == {H: 0.4, S: 0.4, Emotion.CONTEMPT: pytest.approx(0.2)}


def test_what_can_be_nothing_stays_as_it_is() -> None:
    read = {H: 0.0, S: 1.0, N: 0.0}
    assert rebalanced(read, LEARNED, {H: 1.0, S: 0.0, N: 0.0}) == read


@given(st.lists(st.floats(0.01, 1), min_size=3, max_size=3), st.lists(st.floats(0.01, 1), min_size=3, max_size=3))
def test_going_there_and_back_changes_nothing(read: list[float], library: list[float]) -> None:
    before = {label: value / sum(read) for label, value in zip((H, S, N), read, strict=True)}
    there = {label: value / sum(library) for label, value in zip((H, S, N), library, strict=True)}
    moved = rebalanced(before, LEARNED, there)
    assert sum(moved.values()) == pytest.approx(1)
    assert rebalanced(moved, there, LEARNED) == pytest.approx(before)


def test_a_mixture_is_part_of_the_policy() -> None:
    plain = Policy().fingerprint
    assert Policy(mixture={}).fingerprint == plain
    assert len({plain, Policy(mixture={H: 0.9, S: 0.1}).fingerprint, Policy(mixture={H: 0.8, S: 0.2}).fingerprint}) == 3
