"""The quality gate: which faces are too poor to be judged, and why. They are recorded all the same."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.core.face import Face, Quality


@dataclass(frozen=True, slots=True)
class Gate:
    """The least a face must have to be judged.

    Attributes:
        size: shorter side of its box in pixels of the full upright picture.
        sharpness: variance of the Laplacian of the grey crop.
        score: the detector's score, 0–1.
    """

    size: float = 14.0
    sharpness: float = 3.0
    score: float = 0.6


def measure(face: Face, crop: NDArray[np.uint8], width: int, height: int, gate: Gate) -> Quality:
    """Measure a face of a picture `width` × `height` by its crop, uint8[128, 128, 3] RGB, and let it pass or not."""
    size = min(face.box.w * width, face.box.h * height)
    sharpness = float(cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())
    reason = None
    if size < gate.size:
        reason = "small"
    elif sharpness < gate.sharpness:
        reason = "blurred"
    elif face.score < gate.score:
        reason = "weak"
    return Quality(size, sharpness, reason)
