"""The segments of a JPEG file before its first scan (ITU-T T.81, annex B)."""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

APP0: Final = 0xE0
APP1: Final = 0xE1
APP2: Final = 0xE2
APP13: Final = 0xED
APP14: Final = 0xEE
APP15: Final = 0xEF
COMMENT: Final = 0xFE
EXIF: Final = b"Exif\0\0"
XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
"""How the segment begins that holds the main XMP packet."""

_SCAN, _END = 0xDA, 0xD9
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_END_MARKER: Final = b"\xff\xd9"
_SCAN_MARKER: Final = b"\xff\xda"
_MARKER: Final = re.compile(rb"\xff+[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)
"""What ends a scan's data: neither a stuffed byte nor a restart."""


class Segment(NamedTuple):
    """A segment: the marker's second byte, where it begins and ends in the file, and its content."""

    marker: int
    start: int
    end: int
    content: bytes


def segments(read: Callable[[int], bytes]) -> Iterator[Segment]:
    """Yield each segment up to the first scan's header, whose marker has then been read.

    Args:
        read: gives the next bytes of the file, from its front; fewer at its end.

    Raises:
        ValueError: the segments cannot be followed to a scan.
    """
    at = 2
    _exactly(read, 2)
    while True:
        if _exactly(read, 1) != b"\xff":
            raise ValueError("its segments cannot be followed")
        while (marker := _exactly(read, 1)[0]) == 0xFF:  # any number of fill bytes may stand before a marker
            at += 1
        if marker == _SCAN:
            return
        if marker == _END:
            raise ValueError("it ends before a scan")
        length = 0 if marker in _BARE else int.from_bytes(_exactly(read, 2), "big")
        if length < 2 and marker not in _BARE:
            raise ValueError("its segments cannot be followed")
        content = _exactly(read, length - 2) if length else b""
        yield Segment(marker, at, at + 2 + length, content)
        at += 2 + length


def has_end(data: bytes, scan: int) -> bool:
    """Return whether the JPEG `data` has its end marker somewhere after `scan`, where its compressed pixels begin.

    Decoders fill what is missing with grey and say nothing. Behind the end there may be more (films, further pictures).
    """
    return data.rfind(_END_MARKER, scan) >= 0


def more_scans_than(most: int, data: bytes, scan: int) -> bool:
    """Return whether the picture in `data` is drawn in more than `most` scans; each goes over the whole of it again.

    Args:
        scan: where its first scan's marker or header is, at the latest.
    """
    if data.count(_SCAN_MARKER, max(0, scan - 2)) <= most:  # what is no scan but looks like one is counted too
        return False
    count, at = 1, scan
    while marker := _MARKER.search(data, at):
        kind, at = marker[0][-1], marker.end()
        if kind == _END:
            return False
        if kind == _SCAN:
            count += 1
            if count > most:
                return True
        at += int.from_bytes(data[at : at + 2], "big")
    return False


def _exactly(read: Callable[[int], bytes], count: int) -> bytes:
    data = read(count)
    if len(data) != count:
        raise ValueError("its segments cannot be followed to their end")
    return data
