"""The XMP packet of a JPEG file, cut out and put in at the level of its segments: all other bytes stay as they are.

Metadata libraries rewrite the EXIF block when they save, and have been seen to change a camera's maker note by it.
"""

from collections.abc import Iterator

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF = b"Exif\0\0"
_APP0, _APP1, _SCAN, _END = 0xE0, 0xE1, 0xDA, 0xD9
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_LONGEST = 0xFFFF - 2


def is_jpeg(data: bytes) -> bool:
    """Whether the bytes begin like a JPEG file."""
    return data.startswith(b"\xff\xd8\xff")


def packet_of(data: bytes) -> bytes | None:
    """Return the main XMP packet of a JPEG file, or None.

    Raises:
        ValueError: the file's segments cannot be followed.
    """
    for _, start, end in _segments(data):
        if data[start + 4 : end].startswith(_XMP):
            return data[start + 4 + len(_XMP) : end]
    return None


def with_packet(data: bytes, packet: bytes | None) -> bytes:
    """Return the JPEG file with `packet` as its main XMP packet, or with none.

    A new one goes behind the leading JFIF and EXIF segments, where readers look for it.

    Raises:
        ValueError: the segments cannot be followed, or the packet is too long for one.
    """
    body = b"" if packet is None else _XMP + packet
    if len(body) > _LONGEST:
        raise ValueError(f"the XMP packet would be {len(body):,} bytes long, a JPEG segment holds {_LONGEST:,}")
    segment = b"" if packet is None else b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body
    place = 2
    leading = True
    for marker, start, end in _segments(data):
        content = data[start + 4 : end]
        if marker == _APP1 and content.startswith(_XMP):
            return data[:start] + segment + data[end:]
        leading = leading and (marker == _APP0 or (marker == _APP1 and content.startswith(_EXIF)))
        place = end if leading else place
    return data[:place] + segment + data[place:]


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Give marker, start and end of each segment before the first scan."""
    at = 2
    while True:
        start = at
        if data[at : at + 1] != b"\xff":
            raise ValueError("its segments cannot be followed")
        while data[at + 1 : at + 2] == b"\xff":  # fill bytes
            at += 1
            start = at
        marker = data[at + 1] if at + 1 < len(data) else _END
        if marker in (_SCAN, _END):
            return
        length = 0 if marker in _BARE else int.from_bytes(data[at + 2 : at + 4])
        at += 2 + length
        if at > len(data) or (length < 2 and marker not in _BARE):
            raise ValueError("its segments cannot be followed")
        yield marker, start, at
