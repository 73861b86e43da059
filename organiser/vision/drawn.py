"""Drawn faces: the colours by which the stub detector and the stub classifier understand each other.

A drawn face is a filled ellipse in one of `COLOURS` on a grey picture. The stubs ship with the product so that tests,
demonstrations and other packages can run the whole pipeline with predictable answers and without any network.
"""

from collections.abc import Mapping
from typing import Final

from organiser.core.emotion import Emotion

Colour = tuple[int, int, int]

COLOURS: Final[Mapping[Emotion, Colour]] = {
    Emotion.HAPPY: (240, 220, 0),
    Emotion.SAD: (0, 40, 240),
    Emotion.NEUTRAL: (0, 220, 220),
    Emotion.ANGRY: (230, 0, 0),
    Emotion.SURPRISE: (255, 110, 0),
    Emotion.FEAR: (120, 0, 200),
    Emotion.DISGUST: (0, 180, 0),
    Emotion.CONTEMPT: (255, 0, 160),
}
"""RGB of a drawn face that shows each emotion; strongly coloured, as the pictures around them must not be."""

LEAST_SATURATION: Final = 80
"""A pixel whose largest and smallest channel differ by more than this belongs to a drawn face."""
