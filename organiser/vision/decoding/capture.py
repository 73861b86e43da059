"""What a picture's EXIF block says of its making, and pixels turned upright. A corrupt block says nothing."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.core.photo import Capture

if TYPE_CHECKING:
    from PIL.Image import Exif

_MAKE, _MODEL, _EXIF_IFD = 0x010F, 0x0110, 0x8769
_TAKEN: Final = (0x9003, 0x9004)
"""DateTimeOriginal, else DateTimeDigitized; DateTime is when the file was last edited and is not asked."""


def capture_of(exif: "Exif") -> Capture:
    """Return when and with what the picture was taken."""
    details: dict[int, Any] = exif.get_ifd(_EXIF_IFD)
    moments = (_moment(details.get(tag)) for tag in _TAKEN)
    return Capture(next((moment for moment in moments if moment), None), _camera(exif.get(_MAKE), exif.get(_MODEL)))


def upright(image: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn stored pixels, uint8[H, W, 3], the way EXIF `orientation` (1-8) says they are to be seen."""
    if orientation in (5, 6, 7, 8):
        image = np.asarray(cv2.transpose(image), np.uint8)
    # After the transposition of 5-8: which axes are still reversed (0 rows, 1 columns, -1 both).
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return image if flip is None else np.asarray(cv2.flip(image, flip), np.uint8)


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.strptime(str(value).strip("\x00 ")[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 (EXIF has no zone)
    except ValueError:
        return None


def _camera(make: Any, model: Any) -> str | None:
    """Return make and model as one text: "NIKON CORPORATION" and "NIKON D50" give "NIKON D50"."""
    maker, name = (" ".join(str(part or "").replace("\x00", " ").split()) for part in (make, model))
    if not maker or not name:
        return maker or name or None
    return name if name.lower().startswith(maker.split()[0].lower()) else f"{maker} {name}"
