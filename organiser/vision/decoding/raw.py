"""Camera raw files: the preview that the camera put into the file. An optional part; needs rawpy (LibRaw).

The sensor's data are never developed: the preview is what the photographer saw, and decoding it takes milliseconds.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import cv2
from PIL import TiffImagePlugin

from organiser.core.photo import FailureKind
from organiser.errors import DecodeError

# LibRaw's `flip`: which way the camera was held, as EXIF orientation.
_ORIENTATION: Final = {0: 1, 3: 3, 5: 8, 6: 6}
_MAKE, _SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 271, 254, 330, 50706


@dataclass(frozen=True, slots=True)
class Preview:
    """A raw file's embedded preview.

    Attributes:
        data: a JPEG or BMP file.
        orientation: EXIF orientation of the preview's pixels where it does not say so itself.
        width, height: of the upright photo at full resolution, in pixels.
    """

    data: bytes
    orientation: int
    width: int
    height: int


def is_raw(picture: TiffImagePlugin.TiffImageFile) -> bool:
    """Return whether an opened TIFF is a raw file in TIFF's clothes: a DNG, or a reduced picture with sub-pictures."""
    tags = picture.tag_v2
    return _DNG_VERSION in tags or (_SUB_IFDS in tags and _MAKE in tags and tags.get(_SUBFILE_TYPE) == 1)


def preview_of(data: bytes) -> Preview:
    """Return the preview embedded in the raw file `data`.

    Raises:
        DecodeError: rawpy is not installed, or LibRaw finds no preview.
    """
    try:
        import rawpy
    except ImportError as error:
        reason = "it waits for the raw extra: pip install 'organiser[raw]'"
        raise DecodeError(FailureKind.NEEDS_PART, reason) from error
    with rawpy.imread(BytesIO(data)) as raw:
        thumb, sizes = raw.extract_thumb(), raw.sizes
    orientation = _ORIENTATION.get(sizes.flip, 1)
    width, height = (sizes.height, sizes.width) if orientation in (6, 8) else (sizes.width, sizes.height)
    return Preview(_as_file(thumb, rawpy.ThumbFormat.JPEG), orientation, width, height)


def _as_file(thumb: Any, jpeg: Any) -> bytes:
    if thumb.format == jpeg:
        return bytes(thumb.data)
    return cv2.imencode(".bmp", cv2.cvtColor(thumb.data, cv2.COLOR_RGB2BGR))[1].tobytes()
