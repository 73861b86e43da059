"""Whether a file ends where its format says it should: what makes a young file safe to take without waiting.

A writer may close a half-written file and open it again, so that the closing alone proves nothing. Only a cheap look at
both ends is taken; a format that does not say where it ends is never called complete.
"""

import os
from typing import BinaryIO

from organiser.core.reconcile import FoundFile
from organiser.regular_files import open_regular

_LAST_BYTES = {
    b"\xff\xd8\xff": b"\xff\xd9",
    b"\x89PNG": b"\0\0\0\0IEND\xaeB\x60\x82",
    b"GIF8": b";",
}
"""How a file that begins so must end."""

_MOST_BOXES = 64


def looks_complete(path: str | os.PathLike[str]) -> bool:
    """Whether the picture's last byte is there; False when in doubt, also for a file that cannot be read."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            return _ends_properly(file, size)
    except OSError:
        return False


def half_written(root: str, file: FoundFile, *, quiet: float, now: float) -> bool:
    """Whether a file just found was changed less than `quiet` seconds before `now` and does not look complete.

    A scan that follows a hint uses this for files that came after the hint; the watcher tells of them again. A time of
    change in the future says nothing.

    Args:
        now: seconds since the epoch, by the clock that stamps the files.
    """
    age = now - file.mtime_ns / 1e9
    return 0 <= age < quiet and not looks_complete(os.path.join(root, file.relpath))


def _ends_properly(file: BinaryIO, size: int) -> bool:
    head = file.read(16)
    for signature, end in _LAST_BYTES.items():
        if head.startswith(signature):
            file.seek(max(0, size - len(end)))
            return file.read() == end
    if head.startswith(b"RIFF"):
        return int.from_bytes(head[4:8], "little") + 8 == size
    if head.startswith(b"BM"):
        return int.from_bytes(head[2:6], "little") == size
    return head[4:8] in (b"ftyp", b"jP  ") and _boxes_fill(file, size)


def _boxes_fill(file: BinaryIO, size: int) -> bool:
    """Whether the top-level boxes of a HEIF, AVIF or JPEG 2000 file end exactly where the file does (ISO 14496-12)."""
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8:
            return False
        at += length
        if at >= size:
            return at == size
    return False
