"""Where a file's picture data end, by what the file itself says: whether it is whole, still arriving, or cut short.

Only both ends are read, which is cheap. Each function returns an offset from the front of the file: its size when the
file is whole, more when bytes are wanting, None when the file does not say.
"""

from collections.abc import Callable
from typing import BinaryIO, Final

from organiser.formats import iso

Ending = Callable[[BinaryIO, int], int | None]
"""Takes an opened file and its size in bytes."""

_CODESTREAM: Final = b"\xff\x4f"
_END_OF_CODESTREAM: Final = b"\xff\xd9"
_MOST_BOXES: Final = 64


def last_bytes(marker: bytes) -> Ending:
    """Formats that end with a marker of their own; behind it there may be more, and then nothing is said."""

    def ending(file: BinaryIO, size: int) -> int | None:
        file.seek(max(0, size - len(marker)))
        return size if file.read(len(marker)) == marker else None

    return ending


def length_at(offset: int, beyond: int) -> Ending:
    """Formats whose length stands in four little-endian bytes at `offset`, not counting `beyond` bytes."""

    def ending(file: BinaryIO, _size: int) -> int | None:
        file.seek(offset)
        length = file.read(4)
        return int.from_bytes(length, "little") + beyond if len(length) == 4 else None

    return ending


def boxes(file: BinaryIO, size: int) -> int | None:
    """Formats of boxes (ISO 14496-12): where the last of them ends; one of unknown length in JPEG 2000 has a marker."""
    at = 0
    jpeg_2000 = False
    for _ in range(_MOST_BOXES):
        if at >= size:
            return at or None
        if at + iso.HEADER_BYTES > size:
            return at + iso.HEADER_BYTES
        file.seek(at)
        try:
            kind, header, content = iso.box_header(file.read)
        except ValueError:
            return None
        jpeg_2000 = jpeg_2000 or kind == b"jP  "
        if content is None:
            return _codestream(file, size) if jpeg_2000 else None
        at += header + content
    return None


def jpeg_2000(file: BinaryIO, size: int) -> int | None:
    """JPEG 2000: boxes, or the bare codestream, which has a marker at its end."""
    file.seek(0)
    return _codestream(file, size) if file.read(2) == _CODESTREAM else boxes(file, size)


def _codestream(file: BinaryIO, size: int) -> int:
    file.seek(max(0, size - len(_END_OF_CODESTREAM)))
    return size if file.read() == _END_OF_CODESTREAM else size + 1
