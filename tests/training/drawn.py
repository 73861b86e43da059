"""Drawn faces for the training tests: smiling and frowning, in a prepared set or as files. Never for accuracy figures."""

import zlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.training.data.prepared import Prepared, Row
from organiser.training.learn.augment import NONE
from organiser.training.learn.config import Config
from organiser.training.learn.targets import Targets

MOUTHS = {"happy": (82, 0, 180), "sad": (102, 180, 360), "neutral": (92, 0, 0)}


def draw_face(emotion: str, seed: int) -> NDArray[np.uint8]:
    """Return uint8[128, 128, 3], a canonical crop of a drawn face whose mouth shows `emotion`."""
    rng = np.random.default_rng(seed)
    crop = np.full((128, 128, 3), rng.integers(20, 90, 3), np.uint8)
    skin = tuple(int(value) for value in rng.integers(150, 230, 3))
    cv2.ellipse(crop, (64, 72), (40, 52), 0, 0, 360, skin, -1)
    for x in (46, 82):
        cv2.circle(crop, (x, 52), 5, (20, 20, 20), -1)
    height, start, end = MOUTHS[emotion]
    size = (16, 10 if end else 1)
    cv2.ellipse(crop, (64, height), size, 0, start, end or 360, (40, 10, 10), 3)
    return np.clip(crop + rng.normal(0, 6, crop.shape), 0, 255).astype(np.uint8)


def draw_prepared(emotions: Sequence[str], count: int, *, val: int = 0) -> Prepared:
    """Return a prepared set in memory: `count` training and `val` validation faces of each emotion."""
    rows, crops = [], []
    for number in range(count + val):
        for emotion in emotions:
            fold = "train" if number < count else "val"
            seed = len(rows)
            rows.append(Row("drawn", f"{emotion}/{number}.png", emotion, fold, seed, 1, "", str(seed)))
            crops.append(cv2.cvtColor(draw_face(emotion, seed), cv2.COLOR_RGB2GRAY)[:, :, None])
    stacked = np.stack(crops)
    return Prepared(tuple(rows), stacked, stacked, "drawn")


def tiny_config(**changes: object) -> Config:
    """Return a config that trains in seconds."""
    values: dict[str, object] = {
        "name": "tiny", "labels": ("happy", "sad"), "network": "residual",
        "options": {"widths": (4, 8, 16), "depths": (1, 1), "dropout": 0.1}, "size": 24, "augment": NONE,
        "targets": Targets(votes=0, smoothing=0), "epochs": 2, "batch": 8, "average": 0.9, "rate": 5e-3,
    }  # fmt: skip
    return Config(**(values | changes))  # type: ignore[arg-type]


def write_tree(folder: Path, emotions: Sequence[str], count: int, *, split: str = "") -> None:
    """Write drawn faces as `[split/]emotion/number.png`."""
    for emotion in emotions:
        place = folder / split / emotion
        place.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            face = draw_face(emotion, zlib.crc32(f"{split}/{emotion}/{number}".encode()))
            cv2.imwrite(str(place / f"{number}.png"), cv2.cvtColor(face, cv2.COLOR_RGB2BGR))
