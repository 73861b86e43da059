"""Boxes of the ISO base media container (ISO 14496-12, 4.2), which HEIF, AVIF, JPEG 2000 and Canon's CR3 are made of."""

from collections.abc import Callable, Iterator
from typing import Final

HEADER_BYTES: Final = 8
_LONG_HEADER_BYTES: Final = 16


def box_header(read: Callable[[int], bytes]) -> tuple[bytes, int, int | None]:
    """Read the header of a box; return its kind, the header's length, and how many bytes of content follow.

    Args:
        read: gives the next bytes.

    Returns:
        None for the length of content that goes on to the end of the file.

    Raises:
        ValueError: the bytes are no box's header.
    """
    start = read(HEADER_BYTES)
    size, kind, header = int.from_bytes(start[:4], "big"), start[4:], HEADER_BYTES
    if size == 1:
        size, header = int.from_bytes(read(8), "big"), _LONG_HEADER_BYTES
    elif size == 0 and len(start) == HEADER_BYTES:
        return kind, header, None
    if size < header or len(kind) != 4:
        raise ValueError("no box")
    return kind, header, size - header


class Bytes:
    """Big-endian numbers and boxes read one after the other; running out raises ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        part = self._data[self._at : self._at + count]
        if len(part) != count:
            raise ValueError("the box ends too early")
        self._at += count
        return part

    def number(self, size: int) -> int:
        """Return the number in the next `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def rest(self) -> bytes:
        """Return all bytes that are left."""
        part = self._data[self._at :]
        self._at = len(self._data)
        return part

    def boxes(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the kind and content of each box that is left."""
        while self._at < len(self._data):
            kind, _, content = box_header(self.take)
            if content is None:
                raise ValueError("a box without an end inside another")
            yield kind, self.take(content)
