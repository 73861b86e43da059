"""What a bundle remembers of the faces it was chosen by: how their features spread, class by class; no face itself.

The features are what the layer "features" gives, the last before the head, none below 0. Of their square roots (which
lie nearer to a normal distribution) a `Spread` keeps mean, main directions and what remains. From it come rehearsal
features when a head is fine-tuned: without them a few corrections would skew all other answers. Owns `features.npz`.
"""

import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.errors import BundleError

FILE: Final = "features.npz"
_DIRECTIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Spread:
    """How the square roots of F features spread in each of K classes.

    Attributes:
        counts: int64[K], faces it was measured on; a class of fewer than two is never drawn.
        means: float32[K, F].
        directions: float32[K, R, F], the main directions, each as long as the standard deviation along it.
        rest: float32[K, F], standard deviation of what the directions leave.
    """

    counts: NDArray[np.int64]
    means: NDArray[np.float32]
    directions: NDArray[np.float32]
    rest: NDArray[np.float32]


def body_of(model: keras.Model) -> keras.Model | None:
    """Return `model` up to its features, or None where its last layer is not a head on such features."""
    names = [layer.name for layer in model.layers]
    if "features" not in names or names[-1] != "head":
        return None
    return keras.Model(model.inputs, model.get_layer("features").output)


def measure(features: NDArray[np.float32], classes: NDArray[np.int64], count: int) -> Spread:
    """Return the spread of features float32[N, F], not below 0, of faces of classes int64[N] out of `count`."""
    width = features.shape[1]
    directions = np.zeros((count, min(_DIRECTIONS, width), width), np.float32)
    means, rest = np.zeros((2, count, width), np.float32)
    counts = np.bincount(classes, minlength=count)
    for number in np.flatnonzero(counts > 1):
        roots = np.sqrt(np.maximum(features[classes == number], 0)).astype(np.float64)
        means[number] = roots.mean(axis=0)
        centred = (roots - roots.mean(axis=0)) / np.sqrt(len(roots) - 1)
        _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
        main = (lengths[:, None] * axes)[: directions.shape[1]]
        directions[number, : len(main)] = main
        rest[number] = np.sqrt(np.maximum((centred**2).sum(axis=0) - (main**2).sum(axis=0), 0))
    return Spread(counts, means, directions, rest)


def draw(spread: Spread, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return about `count` features float32[N, F] as faces could have them, classes as often as they were measured."""
    there = np.where(spread.counts > 1, spread.counts, 0)
    parts = []
    for number in np.flatnonzero(there):
        many = max(round(count * there[number] / there.sum()), 1)
        roots = spread.means[number] + rng.normal(size=(many, spread.directions.shape[1])) @ spread.directions[number]
        roots += rng.normal(size=roots.shape) * spread.rest[number]
        parts.append(np.maximum(roots, 0) ** 2)
    return np.concatenate(parts).astype(np.float32)


def to_bytes(spread: Spread) -> bytes:
    """Return `spread` as a small npz file (float16) without pickles."""
    arrays = {field.name: getattr(spread, field.name) for field in fields(Spread)}
    small = {name: a if name == "counts" else a.astype(np.float16) for name, a in arrays.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **small)
    return buffer.getvalue()


def read(file: Path) -> Spread:
    """Read what `to_bytes` gave.

    Raises:
        BundleError: the file is none, or fits no network.
    """
    try:
        with np.load(file, allow_pickle=False) as arrays:
            counts = arrays["counts"].astype(np.int64)
            means, directions, rest = (arrays[name].astype(np.float32) for name in ("means", "directions", "rest"))
    except (OSError, KeyError, ValueError) as error:
        raise BundleError(f"{file}: {error}") from error
    width = means.shape[-1]
    if (means.shape, rest.shape) != ((len(counts), width),) * 2 or directions.shape[::2] != means.shape:
        raise BundleError(f"{file}: its parts do not fit one another")
    if not (counts > 1).any():
        raise BundleError(f"{file}: it was measured on too few faces")
    return Spread(counts, means, directions, rest)
