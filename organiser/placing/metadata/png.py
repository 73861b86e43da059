"""The XMP packet of a PNG file, cut out and put in as the chunk that it is: all other bytes stay as they are.

Metadata libraries leave an empty packet when theirs is taken away, so that a tag could not be undone without a trace.
"""

import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"XML:com.adobe.xmp\0"
_PLAIN = b"\0\0\0\0"  # not compressed, by no method, in no language, under no translated keyword
_AROUND = 12  # length, kind and checksum of a chunk


def is_png(data: bytes) -> bool:
    """Whether the bytes begin like a PNG file."""
    return data.startswith(_SIGNATURE)


def packet_of(data: bytes) -> bytes | None:
    """Return the XMP packet of a PNG file, or None.

    Raises:
        ValueError: the file's chunks cannot be followed, or the packet is compressed or written in a language.
    """
    for kind, start, end in _chunks(data):
        if _is_packet(data, kind, start):
            content = data[start + 8 + len(_KEYWORD) : end - 4]
            if not content.startswith(_PLAIN):
                raise ValueError("its XMP packet is compressed")
            return content[len(_PLAIN) :]
    return None


def with_packet(data: bytes, packet: bytes | None) -> bytes:
    """Return the PNG file with `packet` as its XMP packet, or with none; a new one goes before the pixels.

    Raises:
        ValueError: the chunks cannot be followed.
    """
    chunk = b"" if packet is None else _chunk(b"iTXt", _KEYWORD + _PLAIN + packet)
    place = None
    for kind, start, end in _chunks(data):
        if _is_packet(data, kind, start):
            return data[:start] + chunk + data[end:]
        if place is None and kind == b"IDAT":
            place = start
    if place is None:
        raise ValueError("it holds no pixels")
    return data[:place] + chunk + data[place:]


def _is_packet(data: bytes, kind: bytes, start: int) -> bool:
    return kind == b"iTXt" and data.startswith(_KEYWORD, start + 8)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Give kind, start and end of each chunk."""
    at = len(_SIGNATURE)
    while at < len(data):
        end = at + _AROUND + int.from_bytes(data[at : at + 4])
        if end > len(data):
            raise ValueError("its chunks cannot be followed")
        kind = data[at + 4 : at + 8]
        yield kind, at, end
        if kind == b"IEND":
            return
        at = end
