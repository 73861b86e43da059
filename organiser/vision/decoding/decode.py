"""From a picture file's bytes to an upright image, its full size and its capture data.

Owns which decoder reads which kind of picture, the limit that holds before anything is decoded, and the scale at which
JPEGs are decoded. Refuses to know paths and faces. The EXIF orientation is applied here, exactly once, whoever decodes.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from organiser.core.photo import Capture, FailureKind
from organiser.errors import DecodeError
from organiser.formats import jpeg
from organiser.formats.orientation import orientation as orientation_in
from organiser.formats.table import HEAD_BYTES, PictureKind, format_of, picture_not_read
from organiser.vision.decoding.capture import capture_of, upright
from organiser.vision.decoding.pixels import to_rgb
from organiser.vision.decoding.raw import is_raw, preview_of
from organiser.vision.decoding.straight import pixels_of
from organiser.vision.memory import out_of_memory
from organiser.vision.truncation import cut_short

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # what is too large is refused, in our words

_MOST_SCANS: Final = 100
"""Of a JPEG: each costs as much as a decoder's pass over all pixels. Cameras write one, progressive encoders about ten."""

Open = Callable[[BytesIO], ImageFile.ImageFile]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded picture.

    Attributes:
        image: uint8[H, W, 3] RGB, upright; a JPEG's may be smaller than the picture.
        width, height: of the full upright picture, in pixels.
    """

    image: NDArray[np.uint8]
    width: int
    height: int
    capture: Capture


def decode(data: bytes, *, least: int, max_pixels: int) -> Decoded:
    """Decode the picture file `data`.

    Args:
        data: the whole file.
        least: the longest side in pixels that is needed; a JPEG is decoded at the smallest scale that has as many.
        max_pixels: pictures that claim more are refused before they are decoded.

    Raises:
        DecodeError: it is no picture, of a kind not read, too large, truncated or corrupt.
        MemoryError: this machine has too little memory just now.
    """
    row = format_of(data[:HEAD_BYTES])
    if row is None:
        raise _no_picture(data)
    kind = row.kind
    # Pillow has a limit of its own for some formats. What the settings allow is allowed, in all of them.
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        return _decode(kind, data, least, max_pixels)
    except DecodeError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DecodeError(FailureKind.TOO_LARGE, str(error)) from error
    except Exception as error:  # decoders raise anything at all on bad data
        if out_of_memory(error):
            raise MemoryError(str(error)) from error
        if cut_short(row, data, error):
            raise DecodeError(FailureKind.TRUNCATED, f"the {kind} data end too early") from error
        raise DecodeError(FailureKind.CORRUPT, f"not a readable {kind} picture: {error}") from error


def _no_picture(data: bytes) -> DecodeError:
    if not data:
        return DecodeError(FailureKind.EMPTY, "the file is empty")
    known = picture_not_read(data[:HEAD_BYTES])
    if known:
        return DecodeError(FailureKind.UNSUPPORTED, f"{known} pictures are not read")
    return DecodeError(FailureKind.NOT_A_PICTURE, "the content is that of no picture format")


def _decode(kind: PictureKind, data: bytes, least: int, max_pixels: int) -> Decoded:
    if kind is PictureKind.RAW:
        return _decode_raw(data, least, max_pixels)
    with OPENERS[kind](BytesIO(data)) as picture:
        if isinstance(picture, TiffImagePlugin.TiffImageFile) and is_raw(picture):
            decoded = _decode_raw(data, least, max_pixels)
            return replace(decoded, capture=_told(picture)[0])
        width, height = picture.size
        if width * height > max_pixels:
            allowed = f"{max_pixels / 1e6:g} megapixels are allowed"
            raise DecodeError(FailureKind.TOO_LARGE, f"{width} × {height} pixels; {allowed}")
        if isinstance(picture, JpegImagePlugin.JpegImageFile):
            return _decode_jpeg(picture, data, least)
        image = pixels_of(kind, picture, data)
        if image is not None:
            capture, orientation = _told(picture)
            return _decoded(upright(image, orientation), (image.shape[1], image.shape[0]), orientation, capture)
        _drop_xmp(picture)
        picture.load()
        # Asked after loading: Pillow turns a TIFF upright as it loads it, and then no longer names an orientation.
        capture, orientation = _told(picture)
        return _decoded(upright(to_rgb(picture), orientation), picture.size, orientation, capture)


def _decode_jpeg(picture: JpegImagePlugin.JpegImageFile, data: bytes, least: int) -> Decoded:
    """Decode at the smallest of the scales 1, 1/2, 1/4, 1/8 that libjpeg offers and that is large enough.

    OpenCV's is the same libjpeg-turbo as Pillow's, up to 40 % faster at full scale, but wrong about CMYK.
    """
    width, height = picture.size
    divisor = next((candidate for candidate in (8, 4, 2) if max(width, height) // candidate >= least), 1)
    capture, orientation = _told(picture)
    scan = picture.fp.tell() if picture.fp else 0
    if not jpeg.has_end(data, scan):
        raise DecodeError(FailureKind.TRUNCATED, "the JPEG data end too early")
    if jpeg.more_scans_than(_MOST_SCANS, data, scan):
        raise DecodeError(FailureKind.TOO_LARGE, f"a JPEG of more than {_MOST_SCANS} scans")
    if picture.mode == "CMYK":
        picture.draft("CMYK", (width // divisor, height // divisor))
        picture.load()
        image: NDArray[np.uint8] | None = to_rgb(picture)
    else:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), _REDUCED[divisor] | cv2.IMREAD_IGNORE_ORIENTATION)  # type: ignore[assignment]
    if image is None:
        raise DecodeError(FailureKind.CORRUPT, "not a readable JPEG picture")
    return _decoded(upright(image, orientation), (width, height), orientation, capture)


def _decode_raw(data: bytes, least: int, max_pixels: int) -> Decoded:
    preview = preview_of(data)
    decoded = decode(preview.data, least=least, max_pixels=max_pixels)
    turned = (decoded.width < decoded.height) != (preview.width < preview.height)
    image = upright(decoded.image, preview.orientation) if turned or preview.orientation == 3 else decoded.image
    return Decoded(image, preview.width, preview.height, decoded.capture)


def _decoded(image: NDArray[np.uint8], size: tuple[int, int], orientation: int, capture: Capture) -> Decoded:
    width, height = size if orientation < 5 else (size[1], size[0])
    return Decoded(image, width, height, capture)


def _told(picture: ImageFile.ImageFile) -> tuple[Capture, int]:
    """Return what the EXIF block says of the picture's making, and its orientation.

    The orientation is read as the digest reads it, and nowhere else: the same photo is never seen turned another way.
    """
    orientation = orientation_in(picture.info.get("exif") or b"")
    try:
        return capture_of(picture.getexif()), orientation
    except Exception:  # noqa: BLE001 (a corrupt EXIF block raises anything, and must not cost the picture)
        return Capture(), orientation


def _drop_xmp(picture: ImageFile.ImageFile) -> None:
    """Keep Pillow from turning a TIFF the way a keyword program's XMP says, where EXIF says nothing."""
    for name in ("xmp", "XML:com.adobe.xmp"):
        picture.info.pop(name, None)


def _open_heic(file: BytesIO) -> ImageFile.ImageFile:
    """Open a HEIC file; libheif hands it out upright, its orientation tag reset."""
    from pillow_heif import HeifImageFile

    return HeifImageFile(file)  # type: ignore[no-untyped-call]


OPENERS: Final[dict[PictureKind, Open]] = {
    PictureKind.JPEG: JpegImagePlugin.JpegImageFile,
    PictureKind.PNG: PngImagePlugin.PngImageFile,
    PictureKind.WEBP: WebPImagePlugin.WebPImageFile,
    PictureKind.TIFF: TiffImagePlugin.TiffImageFile,
    PictureKind.GIF: GifImagePlugin.GifImageFile,
    PictureKind.BMP: BmpImagePlugin.BmpImageFile,
    PictureKind.AVIF: AvifImagePlugin.AvifImageFile,
    PictureKind.JPEG2000: Jpeg2KImagePlugin.Jpeg2KImageFile,
    PictureKind.HEIC: _open_heic,
}
_REDUCED: Final = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
"""OpenCV's flags; the "grayscale" ones are the bare scale, to which only the colour order is added."""
