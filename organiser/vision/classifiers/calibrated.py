"""What all network backends do alike: cut the inputs, average the views, calibrate. Training's backend uses it too."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from organiser.vision.bundle import Calibration, Manifest, cut

Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""A network: inputs uint8[N, h, w, C] → logits float32[N, K]."""


def predict(
    manifest: Manifest, crops: NDArray[np.uint8] | Sequence[NDArray[np.uint8]], run: Run
) -> NDArray[np.float32]:
    """Return float32[N, K] probabilities that the network `run` gives the kept pictures `crops`."""
    if not len(crops):
        return np.empty((0, len(manifest.labels)), np.float32)
    inputs = np.stack([cut(crop, manifest.input) for crop in crops])
    logits = run(inputs)
    if manifest.views == 2:
        logits = (logits + run(np.ascontiguousarray(inputs[:, :, ::-1]))) * np.float32(0.5)
    return calibrate(logits, manifest.calibration)


def calibrate(logits: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float32]:
    """Return the probabilities, float32[N, K] with rows summing to 1, of logits float32[N, K]."""
    shifted = logits + np.asarray(calibration.bias or 0.0, np.float32)
    scaled = shifted / np.float32(calibration.temperature)
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
