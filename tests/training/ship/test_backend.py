"""The Keras backend feeds full batches, compiles its network once, and survives an accelerator that runs out of memory."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from organiser.errors import Transient
from organiser.training.ship.backend import Feeder, forward_of, load_network
from organiser.vision.bundle import load, shipped
from tests.training.hungry import hungry


class OutOfMemoryError(RuntimeError):
    """As PyTorch names it; TensorFlow's is ResourceExhaustedError."""


def means(inputs: np.ndarray, on_cpu: bool) -> np.ndarray:
    return inputs.mean(axis=(1, 2))


def drawn(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 4, 4, 1)).astype(np.uint8)


@pytest.mark.parametrize(
    ("faces", "rows"),
    [(1, [8]), (9, [16]), (32, [32]), (64, [32, 32]), (75, [32, 32, 16]), (95, [32, 32, 32])],
)
def test_only_the_last_batch_is_padded_and_every_face_has_its_answer(faces: int, rows: list[int]) -> None:
    sizes = []

    def forward(inputs: np.ndarray, on_cpu: bool) -> np.ndarray:
        sizes.append(len(inputs))
        return means(inputs, on_cpu)

    inputs = drawn(faces)
    assert np.allclose(Feeder(forward, 32).run(inputs), inputs.mean(axis=(1, 2)))
    assert sizes == rows


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
    assert sizes == [64, 32, 16, 16, 8, 16, 16, 8]


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


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return load_network(load(shipped()).weights("keras"))


def pictures(network: keras.Model, count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, *network.input_shape[1:])).astype(np.uint8)


class Traced(keras.layers.Layer):
    """Passes its input on and counts how often Python ran it: once for each time that the network is traced."""

    def __init__(self) -> None:
        super().__init__()
        self.traces = 0

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        self.traces += 1
        return inputs


def test_a_network_is_traced_once_for_messages_of_every_size(network) -> None:
    counter = Traced()
    counted = keras.Sequential([keras.Input(network.input_shape[1:]), counter, network])
    feeder = Feeder(forward_of(counted), 64)
    before = counter.traces  # Keras ran it to learn its shape
    for count in (1, 5, 8, 40, 64, 75, 130, 3, 200):
        assert len(feeder.run(pictures(network, count))) == count
    assert counter.traces == before + 1


def test_a_network_out_of_tensorflows_memory_answers_in_halves_as_it_would_have_whole(network, caplog) -> None:
    inputs = pictures(network, 75)
    poor = forward_of(hungry(network, most=16))
    with pytest.raises(tf.errors.ResourceExhaustedError):
        poor(inputs[:32].astype(np.float32), False)
    whole = Feeder(forward_of(network), 128).run(inputs)
    halved = Feeder(poor, 128).run(inputs)
    assert np.abs(halved - whole).max() < 1e-4  # logits; sums of another batch size are added up in another order
    assert np.abs(whole[1:] - whole[:-1]).max(axis=1).min() > 1e-2  # neighbours differ, so that order shows
    assert [record.fields["batch"] for record in caplog.records if "smaller" in record.message] == [64, 32, 16]


def test_the_cpu_answers_the_same_where_not_even_the_least_batch_fits(network) -> None:
    inputs = pictures(network, 20)
    whole = Feeder(forward_of(network), 32).run(inputs)
    assert np.abs(Feeder(forward_of(hungry(network, 0, spares_eager=True)), 32).run(inputs) - whole).max() < 1e-4


def test_memory_that_ran_out_on_the_cpu_too_is_tried_again_later(network) -> None:
    with pytest.raises(Transient, match="memory"):
        Feeder(forward_of(hungry(network, most=0)), 32).run(pictures(network, 3))


def test_the_accelerator_is_asked_again_after_a_while() -> None:
    moments, asked, full = [0.0], [], [True]

    def forward(inputs: np.ndarray, on_cpu: bool) -> np.ndarray:
        asked.append("cpu" if on_cpu else "gpu")
        if full[0] and not on_cpu:
            raise OutOfMemoryError
        return means(inputs, on_cpu)

    feeder = Feeder(forward, 8, lambda: moments[0])
    feeder.run(drawn(5))
    full[0] = False
    feeder.run(drawn(5))
    moments[0] = 61.0
    feeder.run(drawn(5))
    assert asked == ["gpu", "cpu", "cpu", "gpu"]


def test_the_index_keeps_its_full_text_search_in_a_process_that_loads_tensorflow_first() -> None:
    script = "import organiser.training.learn.fit, sqlite3; sqlite3.connect(':memory:').execute('CREATE VIRTUAL TABLE t USING fts5(a)')"
    subprocess.run([sys.executable, "-c", script], check=True)
