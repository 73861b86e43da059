"""The XMP packet of a JPEG file, cut out and put in at the level of its segments: all other bytes stay as they are.

Metadata libraries rewrite the EXIF block when they save, and have been seen to change a camera's maker note by it.
"""

import io

from organiser.formats.jpeg import APP0, APP1, EXIF, XMP, segments

_LONGEST = 0xFFFF - 2


def is_jpeg(data: bytes) -> bool:
    """Whether the bytes begin like a JPEG file."""
    return data.startswith(b"\xff\xd8\xff")


def packet_of(data: bytes) -> bytes | None:
    """Return the main XMP packet of a JPEG file, or None.

    Raises:
        ValueError: the file's segments cannot be followed.
    """
    for segment in segments(io.BytesIO(data).read):
        if segment.content.startswith(XMP):
            return segment.content[len(XMP) :]
    return None


def with_packet(data: bytes, packet: bytes | None) -> bytes:
    """Return the JPEG file with `packet` as its main XMP packet, or with none.

    A new one goes behind the leading JFIF and EXIF segments, where readers look for it.

    Raises:
        ValueError: the segments cannot be followed, or the packet is too long for one.
    """
    body = b"" if packet is None else XMP + packet
    if len(body) > _LONGEST:
        raise ValueError(f"the XMP packet would be {len(body):,} bytes long, a JPEG segment holds {_LONGEST:,}")
    segment = b"" if packet is None else b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body
    place = 2
    leading = True
    for marker, start, end, content in segments(io.BytesIO(data).read):
        if marker == APP1 and content.startswith(XMP):
            return data[:start] + segment + data[end:]
        leading = leading and (marker == APP0 or (marker == APP1 and content.startswith(EXIF)))
        place = end if leading else place
    return data[:place] + segment + data[place:]
