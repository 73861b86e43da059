"""The default detector: the YuNet network at up to three scales, each only where it pays.

Most photographs are read in one glance at a reduced scale. A cruder view from afar adds faces that fill the picture,
which the network misses when they are larger than it was trained on. Where the glance leaves so much as a hint of small
faces, those places are looked at closely: as many faces are found as by looking closely everywhere, in about half the
time.
"""

from dataclasses import astuple, dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.core.face import Box, Face
from organiser.vision.detectors.places import Place, gather
from organiser.vision.detectors.yunet_network import BOX, POINTS, SCORE, Network, digest
from organiser.vision.resize import shrink, within
from organiser.vision.template import CROP_TEMPLATE

Candidates = NDArray[np.float32]
"""float32[N, 16]: a candidate's fifteen columns in pixels of the whole image, and its rank among overlapping ones."""

_RANK: Final = 15
_WELL_SEEN: Final = (32, 160)
"""Faces of this many pixels in the network's input get the most exact landmarks."""

_MARGIN: Final = 24
"""Pixels, as the network sees them, around a place looked at closely; about what rounding its size up adds, too."""


@dataclass(frozen=True, slots=True)
class YuNetOptions:
    """At which scales to look and what to keep. Scales are the longest side, in pixels, of what the network sees.

    Attributes:
        afar: scale for faces that fill the picture; only faces of at least a quarter of it are taken from here.
        glance: scale at which every picture is seen.
        close: scale for small faces, used on the places where the glance found or suspected any.
        small: faces up to so many pixels in the glance are looked at closely.
        hint: least score, 0–1, of a suspicion in the glance.
        score: least score of a face, 0–1.
        overlap: two boxes that share more than this (intersection over union) are one face.
    """

    afar: int = 192
    glance: int = 640
    close: int = 1024
    small: int = 36
    hint: float = 0.03
    score: float = 0.5
    overlap: float = 0.3


def fingerprint(options: YuNetOptions | None = None) -> str:
    """Return the detector's name, the digest of its network, its settings and the crop template; loads no network."""
    settings = "/".join(str(value) for value in astuple(options or YuNetOptions()))
    return f"yunet-1:{digest()}:{settings}:{CROP_TEMPLATE}"


class YuNet:
    """Finds faces with the YuNet network; one thread per call, may be shared by threads."""

    def __init__(self, options: YuNetOptions | None = None) -> None:
        self._options = options or YuNetOptions()
        self._network = Network()

    @property
    def fingerprint(self) -> str:
        """What `fingerprint` returns for this detector's options."""
        return fingerprint(self._options)

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Return the faces of `image`, uint8[H, W, 3] RGB, by descending box area."""
        height, width = image.shape[:2]
        found = self._candidates(image)
        found = _without_parts(_distinct(found[found[:, SCORE] >= self._options.score], self._options.overlap))
        faces = [face for row in found if (face := _face(row, width, height))]
        return sorted(faces, key=lambda face: -face.box.w * face.box.h)

    def _candidates(self, image: NDArray[np.uint8]) -> Candidates:
        options = self._options
        height, width = image.shape[:2]
        overview = shrink(image, *within(width, height, options.glance))
        glance = self._look(overview, 1.0)
        seen = [glance]
        if max(overview.shape[:2]) > options.afar:
            afar = self._look(overview, options.afar / max(overview.shape[:2]))
            seen.append(afar[_sizes(afar) >= max(overview.shape[:2]) / 4])
        small = _sizes(glance) <= options.small
        if overview is image or not small.any():
            return _scaled(np.concatenate(seen), overview, image)
        # Of small faces the closer look knows better: what it does not confirm was none.
        seen[0] = glance[~small]
        scale = min(1.0, options.close / max(width, height))
        places = _places(_scaled(glance[small], overview, image), image, scale)
        closely = [self._look_closely(image, place, scale) for place in places]
        return np.concatenate([_scaled(np.concatenate(seen), overview, image), *closely])

    def _look_closely(self, image: NDArray[np.uint8], place: Place, scale: float) -> Candidates:
        left, top, right, bottom = (round(side) for side in place)
        found = self._look(image[top:bottom, left:right], scale)
        found[:, 0] += left
        found[:, 1] += top
        found[:, POINTS] += np.tile((left, top), 5)
        return found

    def _look(self, image: NDArray[np.uint8], scale: float) -> Candidates:
        """Return the candidates and suspicions seen in `image` shrunk by `scale`, in pixels of `image`."""
        height, width = image.shape[:2]
        seen = shrink(image, *within(width, height, max(round(max(width, height) * scale), 1)))
        found = self._network.look(seen, self._options.hint)
        sizes = np.sqrt(found[:, 2] * found[:, 3])
        well_seen = (sizes >= _WELL_SEEN[0]) & (sizes <= _WELL_SEEN[1])
        return _scaled(np.column_stack((found, found[:, SCORE] + well_seen)), seen, image)


def _scaled(found: Candidates, seen: NDArray[np.uint8], image: NDArray[np.uint8]) -> Candidates:
    """Return candidates in pixels of `seen` in pixels of `image`, of which it is a smaller version."""
    found[:, 0:SCORE:2] *= image.shape[1] / seen.shape[1]
    found[:, 1:SCORE:2] *= image.shape[0] / seen.shape[0]
    return found


def _sizes(found: Candidates) -> NDArray[np.float32]:
    """Return the side of the square of each box's area, float32[N]."""
    return np.asarray(np.sqrt(found[:, 2] * found[:, 3]), np.float32)


def _places(found: Candidates, image: NDArray[np.uint8], scale: float) -> list[Place]:
    """Return the parts of `image` around `found`, a face's width wider, that are to be seen closely at `scale`."""
    height, width = image.shape[:2]
    margins = _sizes(found) + _MARGIN / scale
    starts = np.maximum(found[:, :2] - margins[:, None], 0)
    ends = np.minimum(found[:, :2] + found[:, 2:4] + margins[:, None], (width, height))
    return gather(map(tuple, np.hstack((starts, ends)).tolist()), _MARGIN / scale)


def _distinct(found: Candidates, overlap: float) -> Candidates:
    """Keep the best-ranked of every group of overlapping candidates."""
    kept = cv2.dnn.NMSBoxes(found[:, BOX].tolist(), found[:, _RANK].tolist(), 0.0, overlap)
    return found[np.asarray(kept, np.intp).reshape(-1)]


def _without_parts(found: Candidates) -> Candidates:
    """Drop what lies in a face more than twice its size and is less sure: an eye or a mouth taken for a face."""
    near, far = found[:, None, :], found[None, :, :]
    corner = np.maximum(near[..., 0:2], far[..., 0:2])
    opposite = np.minimum(near[..., 0:2] + near[..., 2:4], far[..., 0:2] + far[..., 2:4])
    shared = np.prod(np.clip(opposite - corner, 0, None), axis=2)
    area = _sizes(found) ** 2
    inside = (shared > 0.8 * area[:, None]) & (area[:, None] * 4 < area[None, :])
    part = inside & (found[:, None, SCORE] < found[None, :, SCORE])
    return np.asarray(found[~part.any(axis=1)], np.float32)


def _face(row: NDArray[np.float32], width: int, height: int) -> Face | None:
    """Turn a candidate in pixels into a face whose box is cut to the image; None when nothing is left of the box."""
    x, y, w, h = (float(value) for value in row[BOX])
    left, top, right, bottom = max(x, 0.0), max(y, 0.0), min(x + w, width), min(y + h, height)
    if right <= left or bottom <= top:
        return None
    box = Box(left / width, top / height, (right - left) / width, (bottom - top) / height)
    first, second, third, fourth, fifth = (
        (float(px) / width, float(py) / height) for px, py in row[POINTS].reshape(5, 2)
    )
    return Face(box, (first, second, third, fourth, fifth), min(float(row[SCORE]), 1.0))
