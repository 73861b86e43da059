"""A detector of drawn faces, for tests and demonstrations: exact, fast, without a network."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.core.face import Box, Face, Point
from organiser.vision.align import TEMPLATE
from organiser.vision.drawn import LEAST_SATURATION
from organiser.vision.template import CROP_TEMPLATE, INNER_WINDOW

_LEAST_PIXELS: Final = 12
_SCORE: Final = 0.9


def fingerprint() -> str:
    """Return a constant: there is nothing to set."""
    return f"drawn-1:{CROP_TEMPLATE}"


class DrawnFaces:
    """Finds the coloured ellipses of `organiser.vision.drawn` in grey pictures; ignores everything else."""

    @property
    def fingerprint(self) -> str:
        """What `fingerprint` returns."""
        return fingerprint()

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return one face per connected patch of strong colour, landmarks where the crop's template has them."""
        saturation = image.max(axis=2) - image.min(axis=2)
        _, _, patches, _ = cv2.connectedComponentsWithStats((saturation > LEAST_SATURATION).astype(np.uint8))
        height, width = image.shape[:2]
        faces = [
            _face(Box(x / width, y / height, w / width, h / height))
            for x, y, w, h, pixels in patches[1:].tolist()
            if pixels >= _LEAST_PIXELS
        ]
        return sorted(faces, key=lambda face: -face.box.w * face.box.h)


Detector = DrawnFaces


def _face(box: Box) -> Face:
    left, top, across, down = INNER_WINDOW

    def place(x: float, y: float) -> Point:
        return box.x + (x - left) / across * box.w, box.y + (y - top) / down * box.h

    first, second, third, fourth, fifth = (place(x, y) for x, y in TEMPLATE.tolist())
    return Face(box, (first, second, third, fourth, fifth), _SCORE)
