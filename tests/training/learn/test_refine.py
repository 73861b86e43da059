"""Targets that learn from the network: a label that its readings contradict weighs less, the others stay."""

import numpy as np
import pytest
from numpy.typing import NDArray

from organiser.training.learn.batches import Batches
from organiser.training.learn.refine import is_due, reading, refined
from tests.training.drawn import draw_prepared, tiny_config


def brightness(inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits of a reader that finds bright pictures to be of the first class."""
    mean = inputs.reshape(len(inputs), -1).mean(axis=1) - 128
    return np.stack([mean, -mean], axis=1).astype(np.float32)


def test_readings_are_distributions_and_their_mean_moves_halfway() -> None:
    inputs = np.stack([np.full((4, 4, 1), value, np.uint8) for value in (0, 255)])
    first = reading(brightness(inputs), None)
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-6)
    assert first[1, 0] > 0.99
    assert first[0, 0] < 0.01
    second = reading(brightness(255 - inputs), first)
    np.testing.assert_allclose(second, 0.5, atol=1e-6)


def test_a_contradicted_label_loses_its_share_and_an_agreed_one_stays() -> None:
    targets = np.array([[1, 0], [1, 0]], np.float32)
    answers = np.array([[1, 0], [0, 1]], np.float32)
    np.testing.assert_allclose(refined(targets, answers, 0.4), [[1, 0], [0.6, 0.4]], rtol=1e-6)


@pytest.mark.parametrize(("epoch", "due"), [(0, False), (9, False), (10, True), (11, False), (14, True)])
def test_readings_are_taken_from_one_epoch_on_and_then_every_fourth(epoch: int, due: bool) -> None:
    assert is_due(epoch, 0.4, 10) is due
    assert not is_due(epoch, 0.0, 10)


def test_batches_show_the_refined_targets() -> None:
    prepared = draw_prepared(("happy", "sad"), 8)
    batches = Batches(prepared, tiny_config(refine=1.0))
    batches.refine(np.tile(np.array([0.25, 0.75], np.float32), (16, 1)))
    for batch in batches.epoch(0):
        np.testing.assert_allclose(batch.targets, np.tile([0.25, 0.75], (len(batch.targets), 1)), rtol=1e-6)
