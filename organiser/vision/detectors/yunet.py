"""The default detector: the YuNet network at several scales, each only where it pays.

Most photographs are read in one glance at a reduced scale. Where it is sure of no face, or of one too large to be seen
well, a cruder view from afar adds faces that fill the picture, which the network misses when they are larger than it was
trained on. Where the glance leaves so much as a hint of small
faces, those places are looked at closely: nearly as many faces are found as by looking closely everywhere, in less than
half the time. At last the largest of the faces that were seen small are looked at once more, enlarged, for their
landmarks alone: below some 120 pixels the network finds eyes and mouth but hardly sees how far a head is tilted.
"""

from dataclasses import astuple, dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.core.face import Box, Face
from organiser.vision.detectors.places import Place, gather
from organiser.vision.detectors.yunet_network import BOX, POINTS, SCORE, Network, digest
from organiser.vision.resize import resized, within
from organiser.vision.template import CROP_TEMPLATE

Candidates = NDArray[np.float32]
"""float32[N, 17]: a candidate's fifteen columns in pixels of the whole image, its rank among overlapping ones, and the
size in pixels at which the network saw it."""

_RANK: Final = 15
_SEEN: Final = 16

_WELL_SEEN: Final = (120, 320)
"""Faces of this many pixels in the network's input get exact landmarks; such a pass outranks one a little surer."""

_ATTENDED: Final = (170, 192)
"""Pixels of a face looked at once more, and of the square around it."""

_SURELY_SEEN: Final = 0.3
"""Least score and least overlap of the face in that last pass."""

_MARGIN: Final = 24
"""Pixels, as the network sees them, around a place looked at closely; about what rounding its size up adds, too."""


@dataclass(frozen=True, slots=True)
class YuNetOptions:
    """At which scales to look and what to keep. Scales are the longest side, in pixels, of what the network sees.

    Attributes:
        afar: scale for faces that fill the picture, used where the glance is sure of no face or of one too large to be
            seen well; only faces of at least a quarter of the picture are taken from here.
        glance: scale at which every picture is seen.
        close: scale for small faces, used on the places where the glance found or suspected any.
        small: faces up to so many pixels in the glance are looked at closely.
        hint: least score, 0–1, of a suspicion in the glance that is always followed.
        doubts: how many weaker suspicions are followed too, the strongest first; a small face that is alone gives no
            stronger one. Where the glance is sure of a face, one at most.
        doubt: least score, 0–1, of those.
        attend: most faces, the largest first, that are looked at once more for their landmarks.
        score: least score of a face, 0–1.
        overlap: two boxes that share more than this (intersection over union) are one face.
    """

    afar: int = 192
    glance: int = 512
    close: int = 1024
    small: int = 36
    hint: float = 0.2
    doubts: int = 3
    doubt: float = 0.02
    attend: int = 4
    score: float = 0.5
    overlap: float = 0.3


def fingerprint(options: YuNetOptions | None = None) -> str:
    """Return the detector's name, the digest of its network, its settings and the crop template; loads no network."""
    settings = "/".join(str(value) for value in astuple(options or YuNetOptions()))
    return f"yunet-2:{digest()}:{settings}:{CROP_TEMPLATE}"


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
        found = found[np.argsort(-_sizes(found))]
        for index in np.flatnonzero(found[:, _SEEN] < _WELL_SEEN[0])[: self._options.attend]:
            found[index, POINTS] = self._attend(image, found[index])
        faces = [face for row in found if (face := _face(row, width, height))]
        return sorted(faces, key=lambda face: -face.box.w * face.box.h)

    def _candidates(self, image: NDArray[np.uint8]) -> Candidates:
        options = self._options
        height, width = image.shape[:2]
        overview = resized(image, *within(width, height, options.glance))
        glance = self._forward(overview, options.doubt)
        longest = max(overview.shape[:2])
        sure = glance[glance[:, SCORE] >= options.score]
        seen = [glance]
        if longest > options.afar and not (len(sure) and _sizes(sure).max() <= _WELL_SEEN[1]):
            afar = self._forward(overview, options.score, options.afar / longest)
            seen.append(afar[_sizes(afar) >= longest / 4])
        small = _sizes(glance) <= options.small
        if overview is image or not small.any():
            return _scaled(np.concatenate(seen), overview, image)
        # Of small faces the closer pass knows better: what it does not confirm was none.
        seen[0] = glance[~small]
        scale = min(1.0, options.close / max(width, height))
        places = _places(
            _scaled(
                self._suspicions(glance[small], min(options.doubts, 1) if len(sure) else options.doubts),
                overview,
                image,
            ),
            image,
            scale,
        )
        closely = [self._detect_in(image, place, options.score, scale) for place in places]
        return np.concatenate([_scaled(np.concatenate(seen), overview, image), *closely])

    def _suspicions(self, found: Candidates, doubts: int) -> Candidates:
        """Return those of the candidates in a glance that are worth a closer pass, `doubts` of them weaker than a hint."""
        found = _distinct(found, self._options.overlap)
        found = found[np.argsort(-found[:, SCORE])]
        return found[: int((found[:, SCORE] >= self._options.hint).sum()) + doubts]

    def _attend(self, image: NDArray[np.uint8], row: NDArray[np.float32]) -> NDArray[np.float32]:
        """Look once more at the face in `row`, enlarged, and return its landmarks; those it has when it is lost."""
        x, y, w, h = (float(value) for value in row[BOX])
        size = (w * h) ** 0.5
        scale = _ATTENDED[0] / size
        reach = _ATTENDED[1] / scale / 2
        height, width = image.shape[:2]
        left, right = max(x + w / 2 - reach, 0), min(x + w / 2 + reach, width)
        top, bottom = max(y + h / 2 - reach, 0), min(y + h / 2 + reach, height)
        found = self._detect_in(image, (left, top, right, bottom), _SURELY_SEEN, scale)
        same = found[(found[:, SCORE] >= _SURELY_SEEN) & (_overlaps(found, row) >= _SURELY_SEEN)]
        return same[same[:, SCORE].argmax(), POINTS] if len(same) else row[POINTS]

    def _detect_in(self, image: NDArray[np.uint8], place: Place, least: float, scale: float) -> Candidates:
        """Return the candidates of at least score `least` in one place of `image` seen at `scale`, in pixels of `image`."""
        height, width = image.shape[:2]
        left, top = min(round(place[0]), width - 1), min(round(place[1]), height - 1)
        right, bottom = max(round(place[2]), left + 1), max(round(place[3]), top + 1)
        found = self._forward(image[top:bottom, left:right], least, scale)
        found[:, 0] += left
        found[:, 1] += top
        found[:, POINTS] += np.tile((left, top), 5)
        return found

    def _forward(self, image: NDArray[np.uint8], least: float, scale: float = 1.0) -> Candidates:
        """Return the candidates of at least score `least` in `image` seen at `scale`, in pixels of `image`."""
        height, width = image.shape[:2]
        seen = resized(image, max(round(width * scale), 1), max(round(height * scale), 1))
        found = self._network.forward(seen, least)
        sizes = _sizes(found)
        well_seen = (sizes >= _WELL_SEEN[0]) & (sizes <= _WELL_SEEN[1])
        ranked = np.column_stack((found, found[:, SCORE] + 0.1 * well_seen, sizes)).astype(np.float32)
        return _scaled(ranked, seen, image)


Detector = YuNet


def _scaled(found: Candidates, seen: NDArray[np.uint8], image: NDArray[np.uint8]) -> Candidates:
    """Return candidates in pixels of `seen` in pixels of `image`, of which it is another size."""
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


def _overlaps(found: Candidates, row: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the intersection over union of each candidate with the one in `row`, float32[N]."""
    corner = np.maximum(found[:, 0:2], row[0:2])
    opposite = np.minimum(found[:, 0:2] + found[:, 2:4], row[0:2] + row[2:4])
    shared = np.prod(np.clip(opposite - corner, 0, None), axis=1)
    return np.asarray(shared / (_sizes(found) ** 2 + row[2] * row[3] - shared), np.float32)


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
