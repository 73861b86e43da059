"""The Keras backend feeds fixed batches and survives an accelerator that runs out of memory."""

import numpy as np
import pytest

from training.backend import Feeder


class OutOfMemoryError(RuntimeError):
    """As PyTorch names it; TensorFlow's is ResourceExhaustedError."""


def means(inputs: np.ndarray, on_cpu: bool) -> np.ndarray:
    return inputs.mean(axis=(1, 2))


def drawn(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 4, 4, 1)).astype(np.uint8)


def test_every_batch_has_the_same_size_and_every_face_its_answer() -> None:
    sizes = []

    def forward(inputs: np.ndarray, on_cpu: bool) -> np.ndarray:
        sizes.append(len(inputs))
        return means(inputs, on_cpu)

    inputs = drawn(75)
    assert np.allclose(Feeder(forward, 32).run(inputs), inputs.mean(axis=(1, 2)))
    assert sizes == [32, 32, 32]


def test_the_batch_is_halved_for_good_when_memory_runs_out() -> None:
    sizes = []

    def forward(inputs: np.ndarray, on_cpu: bool) -> np.ndarray:
        sizes.append(len(inputs))
        if len(inputs) > 16:
            raise OutOfMemoryError
        return means(inputs, on_cpu)

    inputs, feeder = drawn(40), Feeder(forward, 64)
    assert np.allclose(feeder.run(inputs), inputs.mean(axis=(1, 2)))
    feeder.run(inputs)
    assert sizes == [64, 32, 16, 16, 16, 16, 16, 16]


def test_the_cpu_is_the_last_resort() -> None:
    def forward(inputs: np.ndarray, on_cpu: bool) -> np.ndarray:
        if not on_cpu:
            raise RuntimeError("CUDA out of memory")
        return means(inputs, on_cpu)

    inputs = drawn(5)
    assert np.allclose(Feeder(forward, 64).run(inputs), inputs.mean(axis=(1, 2)))


def test_another_error_is_not_hidden() -> None:
    def forward(inputs: np.ndarray, on_cpu: bool) -> np.ndarray:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        Feeder(forward, 64).run(drawn(3))
