"""What all network backends do alike: check the network, cut the inputs, average the views, calibrate.

Training's backend uses it too.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organiser.errors import BundleError
from organiser.vision.bundle import Calibration, Manifest, cut

Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""A network: inputs uint8[N, h, w, C] → logits float32[N, K]."""


def check_network(manifest: Manifest, takes: Sequence[int | None], gives: int, file: Path) -> None:
    """Refuse a network that does not fit its manifest, for it could answer, and wrongly.

    Args:
        takes: height, width and channels of the network's input; None or below 0 where any would do.
        gives: how many logits it has.
        file: where the network comes from.

    Raises:
        BundleError: its input or the number of its logits is another than the manifest's.
    """
    declared = (manifest.input.height, manifest.input.width, manifest.input.channels)
    shape = [None if take is None or take < 0 else int(take) for take in takes]
    if len(shape) != len(declared) or any(
        size not in (None, other) for size, other in zip(shape, declared, strict=True)
    ):
        found = "×".join("any" if size is None else str(size) for size in shape)
        raise BundleError(f"{file}: takes inputs of {found}, the manifest says {'×'.join(map(str, declared))}")
    if gives != len(manifest.labels):
        raise BundleError(f"{file}: gives {gives} logits, not one per label")


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
