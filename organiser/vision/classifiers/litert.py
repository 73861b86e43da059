"""The default backend: LiteRT networks on the CPU.

Owns how interpreters are prepared: one per batch size, because re-shaping one costs more than a batch. Everything is
loaded at the first prediction, so a process may fork between making a classifier and using it.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from organiser.errors import BundleError
from organiser.vision.batching import runs
from organiser.vision.bundle import Bundle, read_weights
from organiser.vision.classifiers import Spec, calibrated, spec_of

BATCH_SIZES: Final = (32, 8, 1)

_CLOSING: Final = threading.Lock()


class LiteRTClassifier:
    """Runs a bundle's LiteRT weights.

    Args:
        bundle: verified; must have weights for "litert".
        threads: CPU threads per forward pass; processes are the usual way to use more cores.
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        self._manifest = bundle.manifest
        self._file = bundle.weights("litert")
        self._threads = threads
        self._prepared: dict[int, _Network] = {}
        self._running = threading.Lock()
        self.spec: Spec = spec_of(bundle)

    def predict(self, crops: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        with self._running:
            return calibrated.predict(self._manifest, crops, self._logits)

    def _logits(self, inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
        logits = np.empty((len(inputs), len(self._manifest.labels)), np.float32)
        at = 0
        for size in runs(len(inputs), BATCH_SIZES):
            logits[at : at + size] = self._network(size).run(inputs[at : at + size])
            at += size
        return logits

    def _network(self, size: int) -> "_Network":
        if size not in self._prepared:
            shape = self._manifest.input
            try:
                network = _Network(read_weights(self._file), self._threads)
                calibrated.check_network(self._manifest, network.takes, network.classes, self._file)
                network.prepare((size, shape.height, shape.width, shape.channels))
            except (ValueError, RuntimeError, OSError) as error:
                raise BundleError(f"{self._file}: {error}") from error
            self._prepared[size] = network
        return self._prepared[size]


class _Network:
    """One interpreter, prepared for inputs of one shape.

    Attributes:
        takes: height, width and channels of its input, below 0 where any would do.
        classes: how many logits it gives.
    """

    def __init__(self, model: bytes, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with _stderr_closed():
            self._interpreter: Any = Interpreter(model_content=model, num_threads=threads)
        entry, leave = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()[0]
        if entry["dtype"] != np.uint8:
            raise ValueError(f"takes {np.dtype(entry['dtype'])} inputs, not uint8")
        self._input, self._output = int(entry["index"]), int(leave["index"])
        self._scale, self._zero = leave["quantization"]
        self.takes: list[int] = entry["shape_signature"][1:].tolist()
        self.classes = int(leave["shape"][-1]) if len(leave["shape"]) else 0

    def prepare(self, shape: tuple[int, int, int, int]) -> None:
        """Make ready for inputs of `shape`, which must fit `takes`; comes before `run`."""
        with _stderr_closed():
            self._interpreter.resize_tensor_input(self._input, shape)
            self._interpreter.allocate_tensors()

    def run(self, inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits float32[N, K] of inputs of the prepared shape, dequantised where the network's are not."""
        self._interpreter.set_tensor(self._input, inputs)
        self._interpreter.invoke()
        logits = self._interpreter.get_tensor(self._output)
        if logits.dtype == np.float32:
            return np.asarray(logits)
        return np.asarray((logits.astype(np.float32) - self._zero) * self._scale, np.float32)


@contextmanager
def _stderr_closed() -> Iterator[None]:
    """Keep LiteRT's greeting ("Created TensorFlow Lite XNNPACK delegate") from the terminal; it has no other switch."""
    with _CLOSING:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)
