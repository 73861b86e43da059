"""Decoders that write the image themselves, past Pillow's own copy of it: the same pixels for less time and memory.

Pillow keeps four bytes a pixel beside what the decoder made and what we make of it. Where these decoders cannot, or find
fault, they say nothing, and Pillow decodes, or tells the fault, as ever.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile, WebPImagePlugin

from organiser.formats.table import PictureKind

_FLAGS_AT: Final = 20
_ANIMATED: Final = 0x02


def pixels_of(kind: PictureKind, picture: ImageFile.ImageFile, data: bytes) -> NDArray[np.uint8] | None:
    """Return the stored pixels, uint8[H, W, 3] RGB, of the opened `picture` in `data`, or None: ask Pillow.

    Raises:
        Exception: of any kind, where libheif finds the data at fault.
    """
    if picture.mode != "RGB" or picture.has_transparency_data:
        return None
    if kind is PictureKind.HEIC:
        return _heic(data)
    if isinstance(picture, WebPImagePlugin.WebPImageFile):
        return _webp(picture, data)
    return None


def _heic(data: bytes) -> NDArray[np.uint8] | None:
    from pillow_heif import HeifFile

    file = HeifFile(data, convert_hdr_to_8bit=True, remove_stride=False)  # type: ignore[no-untyped-call]
    primary = file[file.primary_index]
    stored = primary.data
    width, height = primary.size  # only right once decoded
    if primary.mode != "RGB":
        return None
    # Its own array interface takes a row for a whole number of pixels, which it need not be.
    rows = np.ndarray((height, width, 3), np.uint8, stored, strides=(primary.stride, 3, 1))
    return rows.copy()  # the view dies with libheif's own memory


def _webp(picture: WebPImagePlugin.WebPImageFile, data: bytes) -> NDArray[np.uint8] | None:
    """Decode a still WebP as such: Pillow decodes it as an animation of one frame, in twice the time."""
    if data[12:16] == b"VP8X" and data[_FLAGS_AT] & _ANIMATED:
        return None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None or image.shape != (picture.height, picture.width, 3):
        return None
    return np.asarray(image, np.uint8)
