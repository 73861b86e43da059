"""The digest of a picture: what stays equal when a program adds a keyword or a rating, and changes with the pixels.

What it leaves out on its way and people wrote, the XMP packet and the IPTC block, is handed out beside the digest, so that
nobody opens the photo again for its keywords.

For JPEG, PNG, WebP, HEIF and AVIF the digest covers what a decoder paints from, and the orientation out of the EXIF
block where that turns the upright picture; all other metadata is left out. What follows the picture in a JPEG, PNG or
WebP (a second picture, a motion photo's clip) is covered. Every other format, and any file whose structure does not add
up, is digested whole. Files are streamed, never mapped: one that is being cut short must not end the process with a bus
error.

SHA-256 because processors compute it in hardware: 1.7 GB/s on one core where BLAKE2b does 1.2.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from organiser.formats import iptc, iso, jpeg, tiff
from organiser.formats.heif import Extent, picture_parts, xmp_parts
from organiser.formats.orientation import orientation
from organiser.formats.table import HEAD_BYTES, PictureKind, picture_kind
from organiser.regular_files import open_regular

_BLOCK = 1 << 20
_LONGEST_META = 1 << 24


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


class _MalformedError(Exception):
    """The structure does not add up; the file is digested whole."""


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
    picture = _covered(kind, _Picture(file, size))
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
        return _said(kind, file, _covered(kind, _Leafed(file, os.fstat(file.fileno()).st_size)))


def _covered(kind: PictureKind | None, picture: "_Picture") -> "_Picture | None":
    """Return the picture once it is covered, or None where the file is to be digested whole."""
    cover_picture = None if kind is None else COVERS[kind]
    if cover_picture is None:
        return None
    try:
        cover_picture(picture)
    except _MalformedError:
        return None
    return picture


def _said(kind: PictureKind | None, file: BinaryIO, picture: "_Picture | None") -> tuple[bytes | None, tuple[str, ...]]:
    if picture is not None:
        return picture.xmp, tuple(iptc.keywords_in_blocks(picture.photoshop))
    if kind not in (PictureKind.TIFF, PictureKind.RAW):
        return None, ()
    found = tiff.fields(file, (tiff.XMP, tiff.IPTC))
    return found.get(tiff.XMP), tuple(iptc.keywords_in(found.get(tiff.IPTC, b"")))


def _digest_of_all(file: BinaryIO, size: int) -> str:
    whole = _Picture(file, size)
    whole.cover_rest()
    return whole.hexdigest()


class _Picture:
    """A file read once from the front; what is read is covered by the digest or left out of it."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._hash = hashlib.sha256()
        self._orientation: int | None = None
        self.xmp: bytes | None = None
        self.photoshop = b""
        self.go_to(0)

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes, not covered yet."""
        data = self._file.read(count) if count <= self.left else b""
        if len(data) != count:
            raise _MalformedError
        self.left -= count
        return data

    def skip(self, count: int) -> None:
        """Leave the next `count` bytes out."""
        if count > self.left:
            raise _MalformedError
        self._file.seek(count, os.SEEK_CUR)
        self.left -= count

    def go_to(self, offset: int) -> None:
        """Go on at `offset` from the front of the file."""
        if offset > self.size:
            raise _MalformedError
        self._file.seek(offset)
        self.left = self.size - offset

    def cover(self, data: bytes) -> None:
        """Cover bytes that were read."""
        self._hash.update(data)

    def cover_next(self, count: int) -> None:
        """Cover the next `count` bytes."""
        while count:
            data = self.read(min(count, _BLOCK))
            self.cover(data)
            count -= len(data)

    def cover_rest(self) -> None:
        """Cover everything up to the end that the file had when it was opened: one that grows has no end to reach."""
        while data := self._file.read(min(_BLOCK, self.left)):
            self.cover(data)
            self.left -= len(data)

    def note_xmp(self, packet: bytes) -> None:
        """Keep the first XMP packet."""
        if self.xmp is None and packet:
            self.xmp = packet

    def note_exif(self, block: bytes) -> None:
        """Keep the orientation of the first EXIF block, the one that decoders respect."""
        if self._orientation is None:
            self._orientation = orientation(block)

    def hexdigest(self) -> str:
        # Upright is the same whether it is said or not.
        if self._orientation not in (None, 1):
            self.cover(b"orientation %d" % self._orientation)
        return self._hash.hexdigest()


class _Leafed(_Picture):
    """A file of which only metadata is wanted: what a digest would cover is passed over."""

    def cover_next(self, count: int) -> None:
        self.skip(count)

    def cover_rest(self) -> None:
        self.left = 0


def _cover_jpeg(picture: _Picture) -> None:
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
        raise _MalformedError from None
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


def _cover_png(picture: _Picture) -> None:
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


def _cover_webp(picture: _Picture) -> None:
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


def _cover_heif(picture: _Picture) -> None:
    """Cover the painted items and how they are put together, wherever in the file they lie.

    The orientation is a property of an item here; the one in the EXIF block is not respected by decoders.
    """
    if picture.read(12)[8:] not in _ITEM_BRANDS:
        raise _MalformedError
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
            raise _MalformedError from None
        if kind in (b"ftyp", b"mdat", b"free", b"skip") and size is not None:
            picture.skip(size)
        else:
            # Of a sequence or a clip there is more to see than items.
            raise _MalformedError
    if parts is None or sum(part.length for part in parts if isinstance(part, Extent)) > picture.size:
        raise _MalformedError
    for part in parts:
        if isinstance(part, Extent):
            picture.go_to(part.offset)
            picture.cover_next(part.length)
        else:
            picture.cover(part)
    picture.note_xmp(_joined(picture, packet))


def _joined(picture: _Picture, parts: Sequence[bytes | Extent]) -> bytes:
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
    except _MalformedError:
        return b""
    return found


COVERS: Final[dict[PictureKind, Callable[[_Picture], None] | None]] = {
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
