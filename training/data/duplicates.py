"""Finds pictures that are the same or nearly so, and groups them.

Two pictures are near-duplicates when their difference hashes (dHash, 16×16 = 256 bits) differ in few bits *and* their
contrast-normalised thumbnails agree; mirror images count. Groups are the connected components (union-find), so a
chain of near-duplicates stays together. Knows no labels and no splits beyond `leaks`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE: Final = 16
_THUMB: Final = 24
_BITS: Final = 28
"""Hashes further apart than this (of 256 bits) are different pictures."""
_DIFFERENCE: Final = 0.30
"""Root mean square difference of thumbnails of unit contrast above which pictures differ."""
_ROWS: Final = 512


@dataclass(frozen=True, slots=True)
class Prints:
    """Fingerprints of N pictures.

    Attributes:
        exact: sha256 hex digest of the pixels and size.
        hashes, mirrored: uint64[N, 4], dHash of the picture and of its mirror image.
        thumbs: float32[N, 24 * 24], zero mean and unit deviation.
    """

    exact: tuple[str, ...]
    hashes: NDArray[np.uint64]
    mirrored: NDArray[np.uint64]
    thumbs: NDArray[np.float32]


def fingerprint(images: Sequence[NDArray[np.uint8]]) -> Prints:
    """Return the fingerprints of pictures, each uint8[H, W, 3] RGB of any size."""
    greys = [np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8) for image in images]
    thumbs = np.stack([_thumb(grey) for grey in greys])
    return Prints(
        tuple(hashlib.sha256(repr(image.shape).encode() + image.tobytes()).hexdigest() for image in images),
        np.stack([_dhash(grey) for grey in greys]),
        np.stack([_dhash(grey[:, ::-1]) for grey in greys]),
        thumbs,
    )


def join(parts: Sequence[Prints]) -> Prints:
    """Return the fingerprints of several lots as one."""
    return Prints(
        tuple(digest for part in parts for digest in part.exact),
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.mirrored for part in parts]),
        np.concatenate([part.thumbs for part in parts]),
    )


def groups(prints: Prints) -> NDArray[np.int64]:
    """Return int64[N]: for every picture the index of the first picture of its duplicate group."""
    parent = np.arange(len(prints.exact))
    first: dict[str, int] = {}
    for index, digest in enumerate(prints.exact):
        _unite(parent, first.setdefault(digest, index), index)
    for pair, other in _near_pairs(prints):
        _unite(parent, pair, other)
    return np.array([_root(parent, index) for index in range(len(parent))], np.int64)


def leaks(group: NDArray[np.int64], split: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of indexes of one group that lie in different named splits ("" is no split)."""
    seen: dict[int, int] = {}
    found = []
    for index, (root, name) in enumerate(zip(group.tolist(), split, strict=True)):
        if name:
            earlier = seen.setdefault(root, index)
            if split[earlier] != name:
                found.append((earlier, index))
    return found


def _thumb(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = cv2.resize(grey, (_THUMB, _THUMB), interpolation=cv2.INTER_AREA).astype(np.float32).reshape(-1)
    return np.asarray((small - small.mean()) / (small.std() + 1e-3), np.float32)


def _dhash(grey: NDArray[np.uint8]) -> NDArray[np.uint64]:
    small = cv2.resize(np.ascontiguousarray(grey), (_SIDE + 1, _SIDE), interpolation=cv2.INTER_AREA)
    return np.packbits(small[:, 1:] > small[:, :-1]).view(np.uint64)


def _near_pairs(prints: Prints) -> Iterator[tuple[int, int]]:
    """Yield (i, j), i < j, of near-duplicates; every pair is compared, `_ROWS` rows at a time."""
    mirror = prints.thumbs.reshape(-1, _THUMB, _THUMB)[:, :, ::-1].reshape(prints.thumbs.shape)
    for start in range(0, len(prints.exact), _ROWS):
        rows = prints.hashes[start : start + _ROWS]
        for hashes, thumbs in ((prints.hashes, prints.thumbs), (prints.mirrored, mirror)):
            distance = np.zeros((len(rows), len(hashes) - start), np.uint16)
            for word in range(rows.shape[1]):
                distance += np.bitwise_count(rows[:, word, None] ^ hashes[None, start:, word])
            for i, j in np.argwhere(distance <= _BITS).tolist():
                first, other = start + i, start + j
                if first < other and _rms(prints.thumbs[first], thumbs[other]) <= _DIFFERENCE:
                    yield first, other


def _rms(first: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean((first - other) ** 2)))


def _root(parent: NDArray[np.int64], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = int(parent[index])
    return index


def _unite(parent: NDArray[np.int64], first: int, other: int) -> None:
    low, high = sorted((_root(parent, first), _root(parent, other)))
    parent[high] = low
