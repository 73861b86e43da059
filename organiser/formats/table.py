"""The table of picture formats: one row says what a format's files are called, begin with, and where they end.

To add a format, add its kind and its row here, what decodes it (vision.decoding.decode) and which of its bytes make the
picture (files.digest); tests name what was forgotten. A file's kind is told by its content; names only keep a scan from
opening everything.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from organiser.formats.ending import Ending, boxes, jpeg_2000, last_bytes, length_at
from organiser.formats.signature import HEAD_BYTES, Signature, begins, bitmap, branded, canon_raw, either, riff

__all__ = ["FORMATS", "HEAD_BYTES", "Format", "PictureKind", "format_of", "picture_kind", "picture_not_read"]


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


@dataclass(frozen=True, slots=True)
class Format:
    """A row of the table.

    Attributes:
        extensions: what its files' names end in, in lower case, without the dot.
        signature: whether a file's first bytes are this format's.
        ending: where its data end, or None for a format that never says.
    """

    kind: PictureKind
    extensions: tuple[str, ...]
    signature: Signature
    ending: Ending | None = None


FORMATS: Final = (
    Format(
        PictureKind.RAW,
        (
            *("dng", "raw", "gpr", "crw", "cr2", "cr3", "nef", "nrw", "arw", "srf", "sr2", "srw", "raf", "orf"),
            *("rw2", "rwl", "pef", "ptx", "x3f", "erf", "kdc", "dcr", "mrw", "mef", "mos", "iiq", "3fr", "fff"),
        ),
        either(
            canon_raw,
            begins(b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\x00"),
            begins(b"FOVb", b"\x00MRM", b"II\x1a\x00\x00\x00HEAPCCDR"),
        ),
    ),
    Format(
        PictureKind.JPEG,
        ("jpg", "jpeg", "jpe", "jfif", "jif", "jfi"),
        begins(b"\xff\xd8\xff"),
        last_bytes(b"\xff\xd9"),
    ),
    Format(
        PictureKind.PNG,
        ("png", "apng"),
        begins(b"\x89PNG\r\n\x1a\n"),
        last_bytes(b"\0\0\0\0IEND\xaeB\x60\x82"),
    ),
    Format(PictureKind.WEBP, ("webp",), riff(b"WEBP"), length_at(4, 8)),
    Format(PictureKind.GIF, ("gif",), begins(b"GIF87a", b"GIF89a"), last_bytes(b";")),
    Format(PictureKind.BMP, ("bmp", "dib"), bitmap, length_at(2, 0)),
    Format(PictureKind.TIFF, ("tif", "tiff"), begins(b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")),
    Format(PictureKind.AVIF, ("avif", "avifs"), branded(b"avif", b"avis"), boxes),
    Format(
        PictureKind.HEIC,
        ("heic", "heics", "heif", "heifs", "hif"),
        branded(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"),
        boxes,
    ),
    Format(
        PictureKind.JPEG2000,
        ("jp2", "j2k", "j2c", "jpc", "jpf", "jpx", "jpm"),
        begins(b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
        jpeg_2000,
    ),
)
"""In the order in which signatures are tried: raw files wear the clothes of TIFF, and AVIF those of HEIF."""

_NOT_READ: Final = (
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"8BPS", "Photoshop"),
    (b"gimp xcf", "GIMP"),
    (b"v/1\x01", "OpenEXR"),
    (b"<svg", "SVG"),
)


def format_of(head: bytes) -> Format | None:
    """Return the row of a file that begins with `head` (`HEAD_BYTES` suffice), or None when it is of no format we read."""
    return next((row for row in FORMATS if row.signature(head)), None)


def picture_kind(head: bytes) -> PictureKind | None:
    """Return the kind of picture that begins with `head` (`HEAD_BYTES` suffice), or None when it is no kind that we read.

    >>> picture_kind(b"GIF89a...")
    <PictureKind.GIF: 'GIF'>
    """
    row = format_of(head)
    return row.kind if row else None


def picture_not_read(head: bytes) -> str | None:
    """Return the name of a kind of picture that is known but not read, or None."""
    return next((name for signature, name in _NOT_READ if head.startswith(signature)), None)
