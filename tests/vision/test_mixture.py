"""The mixture of drawn faces is found from what was read of them, and nothing is made of nothing."""

import numpy as np
import pytest
from numpy.typing import NDArray

from organiser.vision.mixture import settled

LEARNED = np.array([0.25, 0.25, 0.5])


def _read(shares: list[float], count: int) -> NDArray[np.float32]:
    """Return probabilities of faces of a mixture, as a model that learned from another gives them."""
    rng = np.random.default_rng(0)
    classes = rng.choice(3, count, p=shares)
    seen = rng.normal(0, 1, (count, 3)) + 1.5 * np.eye(3)[classes]
    odds = np.exp(1.5 * seen) * LEARNED
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def test_the_mixture_of_known_faces_is_found_again() -> None:
    shares = [0.6, 0.05, 0.35]
    found = settled(_read(shares, 20_000), LEARNED)
    assert found == pytest.approx(shares, abs=0.02)
    assert found.sum() == pytest.approx(1)


def test_the_same_faces_give_the_same_mixture_in_any_order() -> None:
    read = _read([0.6, 0.05, 0.35], 500)
    assert settled(read, LEARNED) == pytest.approx(settled(read[::-1], LEARNED), abs=1e-6)


def test_few_faces_are_hardly_followed_and_none_not_at_all() -> None:
    assert settled(np.empty((0, 3), np.float32), LEARNED) == pytest.approx(LEARNED)
    happy = np.array([[1, 0, 0]] * 10, np.float32)
    assert settled(happy, LEARNED) == pytest.approx([(10 + 12.5) / 60, 12.5 / 60, 25 / 60])
