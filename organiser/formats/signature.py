"""How a format is told from a file's first bytes: each function here makes or is a test of them."""

from collections.abc import Callable
from typing import Final

Signature = Callable[[bytes], bool]
"""Whether a file that begins with these bytes is of a format; it is given `HEAD_BYTES`, or the whole of a shorter file."""

HEAD_BYTES: Final = 64

_BITMAP_HEADER_SIZES: Final = (12, 40, 52, 56, 64, 108, 124)


def begins(*starts: bytes) -> Signature:
    """Files that begin with one of `starts`."""
    return lambda head: head.startswith(starts)


def riff(form: bytes) -> Signature:
    """RIFF containers of a form."""
    return lambda head: head[:4] == b"RIFF" and head[8:12] == form


def branded(*brands: bytes) -> Signature:
    """ISO media files that name one of `brands` as theirs; films use the container too."""
    wanted = frozenset(brands)
    return lambda head: head[4:8] == b"ftyp" and not wanted.isdisjoint(_brands(head))


def either(*signatures: Signature) -> Signature:
    """Files that any of `signatures` is true of."""
    return lambda head: any(signature(head) for signature in signatures)


def bitmap(head: bytes) -> bool:
    """Bitmaps: "BM" begins many a text, so the size of what follows has to be right too."""
    return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADER_SIZES


def canon_raw(head: bytes) -> bool:
    """Canon's CR2 in TIFF's clothes, and its CR3 in those of a film."""
    return (head[:4] == b"II*\x00" and head[8:10] == b"CR") or head[4:12] == b"ftypcrx "


def _brands(head: bytes) -> set[bytes]:
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
