"""From Pillow's many pixel modes to the one image everything else knows, strip by strip so that memory stays bounded.

Alpha is laid on white; 16- and 32-bit values are scaled to 8; CMYK, palettes and greys become RGB. Colour profiles are
not applied: faces and expressions survive without.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STRIP_PIXELS: Final = 1 << 20
_WIDE_MODES: Final = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")


def to_rgb(picture: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of a loaded `picture` as uint8[H, W, 3] RGB."""
    width, height = picture.size
    image = np.empty((height, width, 3), np.uint8)
    scale = _scale(picture) if picture.mode in _WIDE_MODES else 1.0
    step = max(_STRIP_PIXELS // width, 1)
    for top in range(0, height, step):
        bottom = min(top + step, height)
        strip = picture.crop((0, top, width, bottom))
        if strip.mode in _WIDE_MODES:
            values = np.asarray(strip, np.float32) * scale
            image[top:bottom] = np.clip(values, 0, 255).astype(np.uint8)[..., None]
        else:
            image[top:bottom] = np.asarray(_flat(strip))
    return image


def _flat(strip: Image.Image) -> Image.Image:
    if not strip.has_transparency_data:
        return strip.convert("RGB")
    strip = strip.convert("RGBA")
    white = Image.new("RGB", strip.size, (255, 255, 255))
    white.paste(strip, mask=strip)
    return white


def _scale(picture: Image.Image) -> float:
    """Return what brings wide values to 0-255: 16-bit ones by their range, others by the largest that occurs."""
    if picture.mode.startswith("I;16"):
        return 255 / 65535
    largest = float(np.asarray(picture.getextrema(), np.float64).max())
    if 255 < largest <= 65535:
        return 255 / 65535
    return 255 / largest if largest > 0 else 1.0
