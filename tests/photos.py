"""Draws the photographs that tests look at: real files of every format, in every state a photo library holds them.

Pictures are grey scenes with drawn faces (see organiser.vision.drawn), so that the stub detector and classifier give
predictable answers. The four corners have four grey levels, `CORNERS`, which tell whether a picture stands upright.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from organiser.core.emotion import Emotion
from organiser.vision.drawn import COLOURS

FORMATS = {
    "jpg": "JPEG",
    "png": "PNG",
    "webp": "WEBP",
    "tiff": "TIFF",
    "gif": "GIF",
    "bmp": "BMP",
    "avif": "AVIF",
    "jp2": "JPEG2000",
    "heic": "HEIF",
}
"""Suffix → Pillow's name of every format the organiser reads."""

WITH_ORIENTATION = ("jpg", "png", "webp", "tiff", "avif")
"""The formats that can be written with an EXIF orientation."""

CORNERS = (20, 90, 160, 230)
"""Grey level of the top-left, top-right, bottom-left and bottom-right corner of an upright scene."""

_BACKGROUND = 128
# How Pillow turns a stored picture of each EXIF orientation upright, inverted: what a camera held that way stores.
_STORE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_EXIF_IFD, _MAKE, _MODEL, _ORIENTATION, _TAKEN = 0x8769, 0x010F, 0x0110, 0x0112, 0x9003


@dataclass(frozen=True, slots=True)
class DrawnFace:
    """A face to draw: what it shows, and its centre and height as fractions 0–1 of the picture's width and height."""

    emotion: Emotion = Emotion.HAPPY
    x: float = 0.5
    y: float = 0.5
    height: float = 0.4


HAPPY = DrawnFace(Emotion.HAPPY)
SAD = DrawnFace(Emotion.SAD)


def scene(width: int = 320, height: int = 240, faces: Sequence[DrawnFace] = (), seed: int = 0) -> Image.Image:
    """Draw an upright RGB picture; different seeds give different backgrounds, so different contents."""
    noise = np.random.default_rng(seed).integers(-8, 9, (max(height // 8, 1), max(width // 8, 1)))
    grey = Image.fromarray((_BACKGROUND + noise).astype(np.uint8)).resize((width, height), Image.Resampling.BILINEAR)
    picture = Image.merge("RGB", (grey, grey, grey))
    draw = ImageDraw.Draw(picture)
    across, down = width // 8, height // 8
    places = ((0, 0), (width - across, 0), (0, height - down), (width - across, height - down))
    for (x, y), level in zip(places, CORNERS, strict=True):
        draw.rectangle((x, y, x + across - 1, y + down - 1), fill=(level, level, level))
    for face in faces:
        _draw_face(draw, face, width, height)
    return picture


def _draw_face(draw: ImageDraw.ImageDraw, face: DrawnFace, width: int, height: int) -> None:
    tall = face.height * height
    wide = tall * 0.8
    left, top = face.x * width - wide / 2, face.y * height - tall / 2
    draw.ellipse((left, top, left + wide, top + tall), fill=COLOURS[face.emotion])


def photo(
    path: Path,
    faces: Sequence[DrawnFace] = (),
    *,
    size: tuple[int, int] = (320, 240),
    orientation: int = 1,
    taken: datetime | None = None,
    camera: tuple[str, str] | None = None,
    seed: int = 0,
) -> Path:
    """Write an upright scene of `size` to `path` in the format its suffix names and return `path`.

    Args:
        path: where; missing parents are made.
        faces: what to draw.
        size: width and height of the upright picture.
        orientation: EXIF orientation 1–8; the stored pixels are turned so that the upright picture is the scene.
        taken: EXIF DateTimeOriginal.
        camera: EXIF make and model.
        seed: different seeds give different contents.
    """
    return save(stored(scene(*size, faces, seed), orientation), path, exif(orientation, taken, camera))


def stored(picture: Image.Image, orientation: int) -> Image.Image:
    """Return an upright picture as a file of that EXIF orientation stores it."""
    return picture.transpose(_STORE[orientation]) if orientation in _STORE else picture


def exif(
    orientation: int = 1, taken: datetime | None = None, camera: tuple[str, str] | None = None
) -> Image.Exif | None:
    """Return the EXIF block that says this, or None when there is nothing to say."""
    if orientation == 1 and taken is None and camera is None:
        return None
    block = Image.Exif()
    block[_ORIENTATION] = orientation
    if camera is not None:
        block[_MAKE], block[_MODEL] = camera
    if taken is not None:
        block.get_ifd(_EXIF_IFD)[_TAKEN] = taken.strftime("%Y:%m:%d %H:%M:%S")
    return block


def save(picture: Image.Image, path: Path, block: Image.Exif | None = None, kind: str | None = None) -> Path:
    """Write `picture` to `path` as `kind` (a suffix of `FORMATS`; default: the path's own) and return `path`."""
    kind = kind or path.suffix.lower().lstrip(".").replace("jpeg", "jpg")
    if kind == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener()
    path.parent.mkdir(parents=True, exist_ok=True)
    extra = {} if block is None else {"exif": block}
    if kind in ("jpg", "webp", "avif", "heic"):
        extra["quality"] = 92  # type: ignore[assignment]
    picture.save(path, FORMATS[kind], **extra)
    return path


def truncated(path: Path, share: float = 0.6, **how: object) -> Path:
    """Write a photo of which only the first `share` of the bytes arrived."""
    photo(path, **how)  # type: ignore[arg-type]
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def empty(path: Path) -> Path:
    """Write a file of no bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def not_a_picture(path: Path) -> Path:
    """Write text, whatever the suffix says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("Dear diary, today I took no photographs.\n" * 50)
    return path


def huge_header(path: Path, width: int = 100_000, height: int = 100_000) -> Path:
    """Write a tiny file whose header claims `width` × `height` pixels: a PNG, or a JPEG when the suffix says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() in (".jpg", ".jpeg"):
        path.write_bytes(_huge_jpeg(min(width, 65_500), min(height, 65_500)))
        return path
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = _png_chunk(b"IHDR", header), _png_chunk(b"IDAT", zlib.compress(bytes(1000))), _png_chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _huge_jpeg(width: int, height: int) -> bytes:
    """Return a small JPEG with the size in its frame header overwritten."""
    out = BytesIO()
    scene(64, 64).save(out, "JPEG")
    data = bytearray(out.getvalue())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def cmyk(path: Path, faces: Sequence[DrawnFace] = ()) -> Path:
    """Write a CMYK picture (JPEG or TIFF)."""
    return save(scene(faces=faces).convert("CMYK"), path)


def sixteen_bit(path: Path) -> Path:
    """Write a grey scene of 16 bits a pixel (PNG or TIFF)."""
    wide = np.asarray(scene().convert("L"), np.uint16) * 257
    return save(Image.fromarray(wide), path)


def palette(path: Path, faces: Sequence[DrawnFace] = ()) -> Path:
    """Write a picture of 64 indexed colours (PNG, GIF, BMP or TIFF)."""
    return save(scene(faces=faces).quantize(64), path)


def transparent(path: Path, faces: Sequence[DrawnFace] = ()) -> Path:
    """Write a scene whose lower half is wholly transparent, black beneath (PNG, WebP, TIFF or AVIF)."""
    picture = scene(faces=faces).convert("RGBA")
    hidden = Image.new("RGBA", (picture.width, picture.height // 2), (0, 0, 0, 0))
    picture.paste(hidden, (0, picture.height - hidden.height))
    return save(picture, path)


def animated(path: Path, first: Sequence[DrawnFace], then: Sequence[DrawnFace]) -> Path:
    """Write an animation (GIF, WebP, PNG or AVIF) whose first frame shows `first` and whose others show `then`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [scene(faces=first), scene(faces=then, seed=1), scene(faces=then, seed=2)]
    frames[0].save(path, FORMATS[path.suffix.lstrip(".")], save_all=True, append_images=frames[1:], duration=200)
    return path


def real_face() -> NDArray[np.uint8]:
    """Return the portrait of an astronaut that scikit-image carries: one real face, uint8[512, 512, 3] RGB."""
    from skimage import data

    return np.asarray(data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]
