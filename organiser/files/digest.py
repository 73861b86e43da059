"""The digest of a picture: what stays equal when a program adds a keyword or a rating, and changes with the pixels.

What it leaves out on its way and people wrote, the XMP packet and the IPTC block, is handed out beside the digest, so that
nobody opens the photo again for its keywords.

For JPEG, PNG, WebP, HEIF and AVIF the digest covers what a decoder paints from (`organiser.files.covers`), and the
orientation out of the EXIF block where that turns the upright picture. Every other format, and any file whose structure
does not add up, is digested whole.
"""

import os
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from organiser.files.covers import COVERS
from organiser.files.picture_file import LeafedFile, MalformedError, PictureFile
from organiser.formats import iptc, tiff
from organiser.formats.table import HEAD_BYTES, PictureKind, picture_kind
from organiser.regular_files import open_regular


@dataclass(frozen=True, slots=True)
class Digested:
    """What one reading of a picture file gives.

    Attributes:
        digest: what identifies the photo, 64 hexadecimal digits.
        xmp: its XMP packet as it stands there, or None.
        words: its IPTC keywords.
    """

    digest: str
    xmp: bytes | None = None
    words: tuple[str, ...] = ()


def file_digest(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of all bytes, as 64 hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    with open_regular(path) as file:
        return _digest_of_all(file, os.fstat(file.fileno()).st_size)


def picture_digest(path: str | os.PathLike[str], *, max_bytes: int | None = None) -> str:
    """Return the digest that identifies the photo in a file, as 64 hexadecimal digits; any content will do.

    Args:
        max_bytes: larger files are refused before anything is read.

    Raises:
        OSError: the file cannot be read, or is too large.
    """
    return digest_picture(path, max_bytes=max_bytes).digest


def digest_picture(path: str | os.PathLike[str], *, max_bytes: int | None = None) -> Digested:
    """Return the digest of a file's photo and what the file says of it; any content will do.

    Args:
        max_bytes: larger files are refused before anything is read.

    Raises:
        OSError: the file cannot be read, or is too large.
    """
    with open_regular(path, max_bytes=max_bytes) as file:
        return _digested(file, os.fstat(file.fileno()).st_size)


def digest_of_content(_path: str, content: bytes) -> Digested:
    """Return what `digest_picture` does of a file whose bytes were read already; the path plays no part in it."""
    return _digested(BytesIO(content), len(content))


def _digested(file: BinaryIO, size: int) -> Digested:
    kind = picture_kind(file.read(HEAD_BYTES))
    picture = _covered(kind, PictureFile(file, size))
    if picture is not None:
        return Digested(picture.hexdigest(), *_said(kind, file, picture))
    return Digested(_digest_of_all(file, size), *_said(kind, file, None))


def words_of_picture(path: str | os.PathLike[str]) -> tuple[bytes | None, tuple[str, ...]]:
    """Return a picture's XMP packet and IPTC keywords; only the parts that may hold them are read.

    Raises:
        OSError: the file cannot be read.
    """
    with open_regular(path) as file:
        kind = picture_kind(file.read(HEAD_BYTES))
        return _said(kind, file, _covered(kind, LeafedFile(file, os.fstat(file.fileno()).st_size)))


def _covered(kind: PictureKind | None, picture: PictureFile) -> PictureFile | None:
    """Return the picture once it is covered, or None where the file is to be digested whole."""
    cover_picture = None if kind is None else COVERS[kind]
    if cover_picture is None:
        return None
    try:
        cover_picture(picture)
    except MalformedError:
        return None
    return picture


def _said(
    kind: PictureKind | None, file: BinaryIO, picture: PictureFile | None
) -> tuple[bytes | None, tuple[str, ...]]:
    if picture is not None:
        return picture.xmp, tuple(iptc.keywords_in_blocks(picture.photoshop))
    if kind not in (PictureKind.TIFF, PictureKind.RAW):
        return None, ()
    found = tiff.fields(file, (tiff.XMP, tiff.IPTC))
    return found.get(tiff.XMP), tuple(iptc.keywords_in(found.get(tiff.IPTC, b"")))


def _digest_of_all(file: BinaryIO, size: int) -> str:
    whole = PictureFile(file, size)
    whole.cover_rest()
    return whole.hexdigest()
