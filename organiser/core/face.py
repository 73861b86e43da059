"""Faces as geometry: boxes, landmarks, a detector's score and the quality gate's figures. No pixels."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the upright image: top-left corner and size, each a fraction 0–1 of the image's width or height."""

    x: float
    y: float
    w: float
    h: float

    def to_pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return (x, y, w, h) in whole pixels of an upright image `width` × `height`."""
        left, top = round(self.x * width), round(self.y * height)
        right, bottom = round((self.x + self.w) * width), round((self.y + self.h) * height)
        return left, top, right - left, bottom - top

    def overlap(self, other: "Box") -> float:
        """Intersection over union with `other`, 0–1.

        >>> Box(0, 0, 0.5, 0.5).overlap(Box(0, 0, 0.5, 0.5))
        1.0
        >>> Box(0, 0, 0.2, 0.2).overlap(Box(0.5, 0.5, 0.2, 0.2))
        0.0
        """
        width = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        height = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.w * self.h + other.w * other.h - shared)


WHOLE = Box(0.0, 0.0, 1.0, 1.0)
"""The box of a prediction whose subject is the whole photo."""

Point = tuple[float, float]
"""x and y as fractions 0–1 of the upright image's width and height."""

Landmarks = tuple[Point, Point, Point, Point, Point]
"""Right eye, left eye, nose tip, right and left mouth corner (the person's right and left)."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What the quality gate measured of a face.

    Attributes:
        size: shorter side of the face's box in pixels of the full upright picture.
        sharpness: variance of the Laplacian of the grey canonical crop, in grey levels squared.
        reason: why the face is too poor to judge ("small", "blurred", "weak"), or None when it passed.
    """

    size: float
    sharpness: float
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """A face in a photo: where, how sure the detector is (score, 0–1), and its quality."""

    box: Box
    landmarks: Landmarks
    score: float
    quality: Quality | None = None
