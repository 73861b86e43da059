"""Which faces can be read: what was measured of a face against the least that a policy asks. Pure.

The detect step's own gate leaves out what no predictor could use and is part of what detecting found; this one is part of the
policy, so that changing it folds stored probabilities again and reads nothing.
"""

import math
from dataclasses import astuple, dataclass
from enum import StrEnum

from organiser.core.face import Face, Landmarks


class Illegible(StrEnum):
    """Why what was read of a face does not count."""

    SMALL = "small"
    BLURRED = "blurred"
    WEAK = "weak"
    TURNED = "turned"


@dataclass(frozen=True, slots=True)
class Sight:
    """What was measured of a face.

    Attributes:
        size: shorter side of its box in pixels of the full upright picture.
        sharpness: variance of the Laplacian of the grey canonical crop, in grey levels squared.
        score: the detector's, 0–1.
        frontal: see `frontal`.
    """

    size: float
    sharpness: float
    score: float
    frontal: float


@dataclass(frozen=True, slots=True)
class Legibility:
    """The least of each measurement in `Sight` at which what was read of a face counts; 0 asks for nothing."""

    size: float = 0.0
    sharpness: float = 0.0
    score: float = 0.0
    frontal: float = 0.0

    @property
    def key(self) -> str:
        """A text that differs whenever a face could be judged otherwise."""
        return "/".join(repr(value) for value in astuple(self))


def illegible(sight: Sight | None, least: Legibility) -> Illegible | None:
    """Return why what was read of a face does not count, or None when it does; it does where nothing was measured.

    >>> illegible(Sight(size=80, sharpness=200, score=0.9, frontal=0.2), Legibility(frontal=0.5))
    <Illegible.TURNED: 'turned'>
    """
    if sight is None:
        return None
    if sight.size < least.size:
        return Illegible.SMALL
    if sight.sharpness < least.sharpness:
        return Illegible.BLURRED
    if sight.score < least.score:
        return Illegible.WEAK
    if sight.frontal < least.frontal:
        return Illegible.TURNED
    return None


def sight_of(face: Face, width: int, height: int) -> Sight | None:
    """Return what was measured of a face of a picture `width` × `height` pixels, or None when nothing was."""
    if face.quality is None:
        return None
    return Sight(face.quality.size, face.quality.sharpness, face.score, frontal(face.landmarks, width, height))


def frontal(landmarks: Landmarks, width: int, height: int) -> float:
    """Return how far a face looks at the camera: the distance of its eyes over that from eyes to mouth.

    About 1 for a face seen from the front and 0 for a profile, whatever its size and tilt. Landmarks that are confused,
    as those of faces upside down often are, come out low too, for the eyes then lie on top of each other.

    Args:
        landmarks: fractions 0–1 of a picture `width` × `height` pixels.
    """
    (right_x, right_y), (left_x, left_y), _, (right_mouth_x, right_mouth_y), (left_mouth_x, left_mouth_y) = landmarks
    apart = math.hypot((right_x - left_x) * width, (right_y - left_y) * height)
    across = (right_x + left_x - right_mouth_x - left_mouth_x) / 2 * width
    down = (right_y + left_y - right_mouth_y - left_mouth_y) / 2 * height
    return apart / max(math.hypot(across, down), 1e-9)
