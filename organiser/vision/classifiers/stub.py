"""A classifier of drawn faces, for tests and demonstrations: deterministic, computed from pixels, without a network."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from organiser.core.emotion import Emotion
from organiser.vision.bundle import Bundle, Calibration, Input, Manifest, Weights, write_manifest
from organiser.vision.classifiers import Spec, calibrated, spec_of
from organiser.vision.drawn import COLOURS, LEAST_SATURATION
from organiser.vision.template import INNER_WINDOW

_SOFTNESS: Final = 24.0


class DrawnEmotions:
    """Says which emotion's colour (`organiser.vision.drawn`) the strongly coloured pixels of a picture are nearest to.

    A picture without such pixels is as near to every emotion.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._manifest = bundle.manifest
        self._colours = np.array([COLOURS[label] for label in bundle.manifest.labels], np.float32)
        self.spec: Spec = spec_of(bundle)

    def predict(self, crops: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return calibrated.predict(self._manifest, crops, self._logits)

    def _logits(self, inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.stack([self._judge(crop) for crop in inputs])

    def _judge(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        coloured = image[image.max(axis=2) - image.min(axis=2) > LEAST_SATURATION]
        if not len(coloured):
            return np.zeros(len(self._colours), np.float32)
        apart = np.linalg.norm(self._colours - coloured.mean(axis=0), axis=1)
        return np.asarray(-apart / _SOFTNESS, np.float32)


def write_stub_bundle(
    folder: Path,
    *,
    name: str = "stub",
    version: str = "1",
    subject: Literal["face", "photo"] = "face",
    labels: Sequence[Emotion] = tuple(COLOURS),
    temperature: float = 1.0,
    metrics: Mapping[str, Any] = MappingProxyType({}),
) -> Path:
    """Write a bundle for `DrawnEmotions` to `folder` and return it; a higher `temperature` makes it less sure."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = b"The stub classifier computes its answers from colours.\n"
    (folder / "stub.txt").write_bytes(weights)
    window = INNER_WINDOW if subject == "face" else (0, 0, 256, 256)
    manifest = Manifest(
        name=name,
        version=version,
        subject=subject,
        labels=tuple(labels),
        input=Input(48, 48, 3, window),
        views=1,
        calibration=Calibration(temperature),
        weights={"stub": Weights("stub.txt", hashlib.sha256(weights).hexdigest())},
        metrics=metrics,
    )
    write_manifest(folder, manifest)
    return folder
