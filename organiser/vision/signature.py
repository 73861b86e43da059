"""What kind of picture a file is, told from its first bytes. The name and its suffix are never asked."""

from enum import StrEnum
from typing import Final

HEAD_BYTES: Final = 64
"""How much of a file is enough to tell."""


class PictureKind(StrEnum):
    """The kinds of pictures that are read."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    TIFF = "TIFF"
    GIF = "GIF"
    BMP = "BMP"
    AVIF = "AVIF"
    JPEG2000 = "JPEG 2000"
    HEIC = "HEIC"
    RAW = "camera raw"


_SIGNATURES: Final = (
    (b"\xff\xd8\xff", PictureKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", PictureKind.PNG),
    (b"GIF87a", PictureKind.GIF),
    (b"GIF89a", PictureKind.GIF),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", PictureKind.JPEG2000),
    (b"\xff\x4f\xff\x51", PictureKind.JPEG2000),
    (b"FUJIFILMCCD-RAW", PictureKind.RAW),
    (b"FOVb", PictureKind.RAW),
    (b"\x00MRM", PictureKind.RAW),
    (b"II\x1a\x00\x00\x00HEAPCCDR", PictureKind.RAW),
    (b"IIRO", PictureKind.RAW),
    (b"IIRS", PictureKind.RAW),
    (b"MMOR", PictureKind.RAW),
    (b"IIU\x00", PictureKind.RAW),
    (b"II*\x00", PictureKind.TIFF),
    (b"MM\x00*", PictureKind.TIFF),
    (b"II+\x00", PictureKind.TIFF),
    (b"MM\x00+", PictureKind.TIFF),
)
_NOT_READ: Final = (
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"8BPS", "Photoshop"),
    (b"gimp xcf", "GIMP"),
    (b"v/1\x01", "OpenEXR"),
    (b"<svg", "SVG"),
)
_BMP_HEADER_SIZES: Final = (12, 40, 52, 56, 64, 108, 124)
_AVIF_BRANDS: Final = frozenset((b"avif", b"avis"))
_HEIC_BRANDS: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))


def picture_kind(head: bytes) -> PictureKind | None:
    """Return the kind of picture that begins with `head` (`HEAD_BYTES` suffice), or None when it is none we read.

    >>> picture_kind(b"GIF89a...")
    <PictureKind.GIF: 'GIF'>
    """
    if head[:4] == b"II*\x00" and head[8:10] == b"CR":
        return PictureKind.RAW
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PictureKind.WEBP
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return PictureKind.BMP
    return _media_kind(head) if head[4:8] == b"ftyp" else None


def picture_not_read(head: bytes) -> str | None:
    """Return the name of a kind of picture that is known but not read, or None."""
    return next((name for signature, name in _NOT_READ if head.startswith(signature)), None)


def _media_kind(head: bytes) -> PictureKind | None:
    """Tell pictures in the ISO media container by their brands; films use it too."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if head[8:12] == b"crx ":
        return PictureKind.RAW
    if brands & _AVIF_BRANDS:
        return PictureKind.AVIF
    return PictureKind.HEIC if brands & _HEIC_BRANDS else None
