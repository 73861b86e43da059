"""IPTC keywords (IIM 4.2, datasets 2:25) in the resource blocks that Photoshop keeps in a picture file."""

from collections.abc import Iterator
from typing import Final

PHOTOSHOP: Final = b"Photoshop 3.0\0"
"""How the JPEG segments begin that hold resource blocks."""

_BLOCK: Final = b"8BIM"
_IPTC: Final = 0x0404
_TAG, _LONG = 0x1C, 0x8000
_CHARSET: Final = (1, 90)
_KEYWORD: Final = (2, 25)
_UTF8: Final = b"\x1b%G"


def keywords_in_blocks(blocks: bytes) -> list[str]:
    """Return the keywords in resource blocks, without their leading name; what is broken says nothing further."""
    return [word for kind, content in _blocks(blocks) if kind == _IPTC for word in keywords_in(content)]


def keywords_in(iptc: bytes) -> list[str]:
    """Return the keywords in IPTC datasets; those that do not say their alphabet are UTF-8 if they can be, else Latin-1."""
    found: list[bytes] = []
    said_utf8 = False
    for dataset, value in _datasets(iptc):
        if dataset == _CHARSET:
            said_utf8 = value == _UTF8
        elif dataset == _KEYWORD:
            found.append(value)
    return [_decoded(value, utf8=said_utf8) for value in found]


def _decoded(value: bytes, *, utf8: bool) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode(errors="replace") if utf8 else value.decode("latin-1")
    return text.strip(" \0")


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each block: "8BIM", number, name and content, the last two padded to even lengths."""
    at = 0
    while data[at : at + 4] == _BLOCK and at + 7 <= len(data):
        kind, name = int.from_bytes(data[at + 4 : at + 6]), data[at + 6]
        start = at + 6 + (name + 2) // 2 * 2
        size = int.from_bytes(data[start : start + 4])
        content = data[start + 4 : start + 4 + size]
        if len(content) != size:
            return
        yield kind, content
        at = start + 4 + size + size % 2


def _datasets(iptc: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Yield record and number of each dataset, and its value; those of more than 32 kB end the reading."""
    at = 0
    while at + 5 <= len(iptc) and iptc[at] == _TAG:
        size = int.from_bytes(iptc[at + 3 : at + 5])
        if size >= _LONG:
            return
        yield (iptc[at + 1], iptc[at + 2]), iptc[at + 5 : at + 5 + size]
        at += 5 + size
