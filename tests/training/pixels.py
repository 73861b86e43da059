"""Readers that compute their answers from pixels, so that what they look at is known. For tests only."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from organiser.training.data.faces import Faces
from tests.training.drawn import draw_face

Judge = Callable[[NDArray[np.uint8]], NDArray[np.float64]]


class PixelPredictor:
    """Tells happy from sad by `judge`: uint8[N, 128, 128, 3] → float[N], above 0 where happy is likelier."""

    labels, subject, size = ("happy", "sad"), "face", 0

    def __init__(self, judge: Judge, name: str = "pixels") -> None:
        self.name, self.digest = name, hashlib.sha256(name.encode()).hexdigest()
        self._judge = judge

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, 2] probabilities."""
        happy = 1 / (1 + np.exp(-self._judge(crops)))
        return np.stack([happy, 1 - happy], axis=1).astype(np.float32)


def brightness(crops: NDArray[np.uint8], x: int, y: int, side: int = 8) -> NDArray[np.float64]:
    """Return float[N], the mean of a square of each crop."""
    return crops[:, y : y + side, x : x + side].mean(axis=(1, 2, 3))


def mouth_corners(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Judge drawn faces by where the corners of the mouth are dark: high up in a smile, low when it droops."""
    smile = brightness(crops, 42, 78, 12) + brightness(crops, 74, 78, 12)
    droop = brightness(crops, 42, 92, 12) + brightness(crops, 74, 92, 12)
    return (droop - smile) / 8


def corner(crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Judge by the upper left corner of the picture, where no face is: bright for happy."""
    return (brightness(crops, 0, 0) - 128) / 16


def draw_faces(count: int, emotions: Sequence[str] = ("happy", "sad")) -> Faces:
    """Return `count` drawn faces of each emotion, sorted by emotion as prepared sets are."""
    labels = tuple(emotion for emotion in emotions for _ in range(count))
    crops = np.stack([draw_face(label, 2000 + number) for number, label in enumerate(labels)])
    return Faces(crops, labels, ("",) * len(labels), tuple(map(str, range(len(labels)))))
