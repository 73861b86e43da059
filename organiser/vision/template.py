"""Names and sizes of what the detect step keeps: constants that a model bundle must agree with. Imports nothing heavy."""

from typing import Final

CROP_TEMPLATE: Final = "arcface128-1"
"""Id of how a canonical crop is cut and coded; whatever changes a crop's pixels must change it."""

CROP_SIZE: Final = 128
"""Side of a canonical crop in pixels."""

INNER_WINDOW: Final = (16, 16, 96, 96)
"""x, y, w, h of the part of a crop that the face fills: the natural input of small networks."""

THUMBNAIL_TEMPLATE: Final = "thumbnail256-1"
"""Id of how a photo's thumbnail is made."""

THUMBNAIL_SIZE: Final = 256
"""Longest side of a thumbnail in pixels."""
