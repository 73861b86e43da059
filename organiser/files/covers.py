"""What of a file is the picture, format by format: the bytes that a decoder paints from, which the digest covers.

All metadata but the orientation is left out; of that the XMP packet and the IPTC block, which people wrote, are noted. What
follows the picture in a JPEG, PNG or WebP (a second picture, a motion photo's clip) is covered.
"""

from collections.abc import Callable, Sequence
from typing import Final

from organiser.files.picture_file import MalformedError, PictureFile
from organiser.formats import iptc, iso, jpeg
from organiser.formats.heif import Extent, picture_parts, xmp_parts
from organiser.formats.table import PictureKind

_LONGEST_META = 1 << 24


def _cover_jpeg(picture: PictureFile) -> None:
    """Cover the segments that shape the picture, then everything from the first scan on."""
    picture.cover(b"\xff\xd8")
    try:
        for marker, _, _, content in jpeg.segments(picture.read):
            if _shapes_jpeg(marker, content):
                picture.cover(bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content)
            elif marker == jpeg.APP1 and content.startswith(b"Exif\0"):
                picture.note_exif(content)
            elif marker == jpeg.APP1 and content.startswith(jpeg.XMP):
                picture.note_xmp(content.removeprefix(jpeg.XMP))
            elif marker == jpeg.APP13 and content.startswith(iptc.PHOTOSHOP):
                picture.photoshop += content.removeprefix(iptc.PHOTOSHOP)
    except ValueError:
        raise MalformedError from None
    picture.cover_rest()


def _shapes_jpeg(marker: int, content: bytes) -> bool:
    """Whether a decoder paints from the segment: no comment, and of the application's own only colour matters."""
    if marker == jpeg.APP2:
        return content.startswith(b"ICC_PROFILE\0")
    if marker == jpeg.APP14:
        return content.startswith(b"Adobe")
    return marker != jpeg.COMMENT and not jpeg.APP0 <= marker <= jpeg.APP15


_PNG_XMP = b"XML:com.adobe.xmp\0\0\0\0\0"
"""How the text chunk begins that holds the XMP packet, where it is not compressed."""

_PNG_METADATA = frozenset({b"tEXt", b"zTXt", b"iTXt", b"tIME", b"pHYs", b"caBX"})


def _cover_png(picture: PictureFile) -> None:
    """Cover every chunk but text, time, density and provenance (PNG third edition, 11.3)."""
    picture.cover(picture.read(8))
    kind = b""
    while kind != b"IEND":
        head = picture.read(8)
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind == b"eXIf":
            picture.note_exif(picture.read(size))
            picture.skip(4)
        elif kind == b"iTXt" and size <= _LONGEST_META:
            content = picture.read(size)
            if content.startswith(_PNG_XMP):
                picture.note_xmp(content.removeprefix(_PNG_XMP))
            picture.skip(4)
        elif kind in _PNG_METADATA:
            picture.skip(size + 4)
        else:
            picture.cover(head)
            picture.cover_next(size + 4)
    picture.cover_rest()


_WEBP_ANIMATED = 0x02
_WEBP_METADATA = 0x04 | 0x08


def _cover_webp(picture: PictureFile) -> None:
    """Cover every chunk but EXIF and XMP, and what the header says of these (RFC 9649, 2.7).

    A still picture gets its extended header when metadata is first added, so there it is left out altogether.
    """
    picture.skip(12)
    while picture.left >= 8:
        head = picture.read(8)
        kind, size = head[:4], int.from_bytes(head[4:], "little")
        if kind == b"EXIF":
            picture.note_exif(picture.read(size))
        elif kind == b"XMP " and size <= _LONGEST_META:
            picture.note_xmp(picture.read(size))
        elif kind == b"XMP ":
            picture.skip(size)
        elif kind == b"VP8X":
            header = bytearray(picture.read(size))
            if header and header[0] & _WEBP_ANIMATED:
                header[0] &= ~_WEBP_METADATA
                picture.cover(head + header)
        else:
            picture.cover(head)
            picture.cover_next(size)
        picture.skip(size % 2 if picture.left else 0)
    picture.cover_rest()


_ITEM_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"avif"})
"""Files of other brands were digested whole from the first version on, and known photos keep their digests."""


def _cover_heif(picture: PictureFile) -> None:
    """Cover the painted items and how they are put together, wherever in the file they lie.

    The orientation is a property of an item here; the one in the EXIF block is not respected by decoders.
    """
    if picture.read(12)[8:] not in _ITEM_BRANDS:
        raise MalformedError
    picture.go_to(0)
    parts: list[bytes | Extent] | None = None
    packet: list[bytes | Extent] = []
    while picture.left:
        try:
            kind, _, size = iso.box_header(picture.read)
            if kind == b"meta" and size is not None and size <= _LONGEST_META and parts is None:
                meta = picture.read(size)
                parts, packet = picture_parts(meta), xmp_parts(meta)
                continue
        except ValueError:
            raise MalformedError from None
        if kind in (b"ftyp", b"mdat", b"free", b"skip") and size is not None:
            picture.skip(size)
        else:
            # Of a sequence or a clip there is more to see than items.
            raise MalformedError
    if parts is None or sum(part.length for part in parts if isinstance(part, Extent)) > picture.size:
        raise MalformedError
    for part in parts:
        if isinstance(part, Extent):
            picture.go_to(part.offset)
            picture.cover_next(part.length)
        else:
            picture.cover(part)
    picture.note_xmp(_joined(picture, packet))


def _joined(picture: PictureFile, parts: Sequence[bytes | Extent]) -> bytes:
    """Return what lies in these places of the file, none of it covered; nothing when it does not add up."""
    if sum(part.length for part in parts if isinstance(part, Extent)) > _LONGEST_META:
        return b""
    found = b""
    try:
        for part in parts:
            if isinstance(part, Extent):
                picture.go_to(part.offset)
                found += picture.read(part.length)
            else:
                found += part
    except MalformedError:
        return b""
    return found


COVERS: Final[dict[PictureKind, Callable[[PictureFile], None] | None]] = {
    PictureKind.JPEG: _cover_jpeg,
    PictureKind.PNG: _cover_png,
    PictureKind.WEBP: _cover_webp,
    PictureKind.HEIC: _cover_heif,
    PictureKind.AVIF: _cover_heif,
    PictureKind.TIFF: None,
    PictureKind.GIF: None,
    PictureKind.BMP: None,
    PictureKind.JPEG2000: None,
    PictureKind.RAW: None,
}
"""What covers the picture of each format; None: the file is digested whole."""
