"""The Keras backend: runs a bundle's Keras weights, on a GPU where there is one; entry point `keras` of the organiser.

Owns how a network is rebuilt and fed: compiled once for batches of any size, full batches and one smaller last one,
memory taken as needed, half the batch when the accelerator runs out of it, the CPU in the end. Loaded at the first
prediction, in the process that predicts: Keras does not survive a fork.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from organiser.errors import BundleError, Transient
from organiser.vision.bundle import Bundle
from organiser.vision.classifiers import Spec, calibrated, spec_of

if TYPE_CHECKING:
    import keras

Forward = Callable[[NDArray[np.float32], bool], NDArray[np.float32]]

BATCH: Final = 256
_LEAST_BATCH: Final = 8

_ON_CPU_S: Final = 60.0
"""How long the CPU works before the accelerator is asked again; whoever holds its memory may be gone by then."""

log = logging.getLogger(__name__)


class KerasClassifier:
    """Runs a bundle's Keras weights.

    Args:
        bundle: verified; must have weights for "keras".
        batch: faces per forward pass; halved for good when memory runs out.
    """

    def __init__(self, bundle: Bundle, batch: int = BATCH) -> None:
        self._manifest = bundle.manifest
        self._file = bundle.weights("keras")
        self._batch = batch
        self._feeder: Feeder | None = None
        self._running = threading.Lock()
        self.spec: Spec = spec_of(bundle)

    def predict(self, crops: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return float32[N, K] probabilities, rows summing to 1, of N kept pictures uint8[H, W, 3] RGB."""
        with self._running:
            if self._feeder is None:
                _grow_memory()
                network = load_network(self._file)
                calibrated.check_network(self._manifest, network.input_shape[1:], network.output_shape[-1], self._file)
                self._feeder = Feeder(forward_of(network), self._batch)
            return calibrated.predict(self._manifest, crops, self._feeder.run)


class Feeder:
    """Feeds a network full batches, at last a smaller one, and smaller ones for good once memory has run out.

    The last batch is padded to a power of two: an accelerator looks for its quickest way anew at each size it has not met.

    Args:
        forward: float32[B, h, w, C] and whether to use the CPU → float32[B, K].
        clock: seconds that only grow.
    """

    def __init__(self, forward: Forward, batch: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._forward, self._batch, self._clock = forward, batch, clock
        self._on_cpu_until = -math.inf

    def run(self, inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return logits float32[N, K] of inputs uint8[N, h, w, C], N at least 1.

        Raises:
            Transient: memory ran out for the smallest batch, on the CPU as well.
        """
        parts: list[NDArray[np.float32]] = []
        at = 0
        while at < len(inputs):
            parts.append(self._answer(inputs[at:]))
            at += len(parts[-1])
        return np.concatenate(parts)

    def _answer(self, inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Answer for as many of `inputs` as one batch takes, from their beginning."""
        while True:
            on_cpu = self._clock() < self._on_cpu_until
            part = inputs[: self._batch]
            padded = np.zeros((self._padded(len(part)), *part.shape[1:]), np.float32)
            padded[: len(part)] = part
            try:
                return self._forward(padded, on_cpu)[: len(part)]
            except Exception as error:
                if not _out_of_memory(error):
                    raise
                if on_cpu:
                    raise Transient("neither the accelerator nor the CPU has memory for the network") from error
            self._make_do()

    def _padded(self, count: int) -> int:
        """Return how many rows a batch of `count` inputs is given."""
        return min(max(1 << (count - 1).bit_length(), _LEAST_BATCH), self._batch)

    def _make_do(self) -> None:
        """Ask less of the accelerator, or nothing for a while when it could not do the least."""
        if self._batch > _LEAST_BATCH:
            self._batch //= 2
            log.warning(
                "out of accelerator memory, smaller batches from now on", extra={"fields": {"batch": self._batch}}
            )
        else:
            self._on_cpu_until = self._clock() + _ON_CPU_S
            log.warning(
                "out of accelerator memory, the CPU works in its place", extra={"fields": {"seconds": _ON_CPU_S}}
            )


def load_network(file: Path) -> "keras.Model":
    """Rebuild the network of a bundle's Keras file; no pickle and no code in it is run.

    Raises:
        BundleError: the file is none, or does not fit its own architecture.
    """
    import keras

    try:
        with np.load(file, allow_pickle=False) as arrays:
            model = keras.models.model_from_json(arrays["architecture"].tobytes().decode())
            model.set_weights([arrays[str(i)].astype(np.float32) for i in range(len(arrays.files) - 1)])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise BundleError(f"{file}: {error}") from error
    return model


def forward_of(model: "keras.Model") -> Forward:
    """Return the forward pass of a network: compiled, or step by step on the CPU."""
    import keras

    compiled = _compiled(model)

    def forward(inputs: NDArray[np.float32], on_cpu: bool) -> NDArray[np.float32]:  # noqa: FBT001 - the seam's own
        if not on_cpu:
            return compiled(inputs)
        with keras.device("cpu:0"):
            return np.asarray(keras.ops.convert_to_numpy(model(inputs, training=False)), np.float32)

    return forward


def _compiled(model: "keras.Model") -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Return the pass that TensorFlow traces once, for batches of every size; other backends have Keras compile theirs.

    Not by XLA, which Keras would use on a GPU: it compiles again for each size.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return lambda inputs: np.asarray(model.predict_on_batch(inputs), np.float32)
    import tensorflow as tf

    shape = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    traced = tf.function(lambda inputs: model(inputs, training=False), input_signature=[shape], jit_compile=False)
    return lambda inputs: np.asarray(traced(tf.constant(inputs)), np.float32)


def _grow_memory() -> None:
    """Let TensorFlow take GPU memory as needed; too late once it has begun, then what was set stays."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    for device in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(device, True)
        except RuntimeError:
            return


def _out_of_memory(error: Exception) -> bool:
    """Whether a backend's error says that memory ran out: each backend has a class of its own for it."""
    known = type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError")
    return known or "out of memory" in str(error).lower()
