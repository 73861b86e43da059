"""Whether a picture's data ends too early: the difference between a file still arriving and one that is corrupt."""

from typing import Final

from organiser.vision.signature import PictureKind

_END_OF_JPEG: Final = b"\xff\xd9"


def jpeg_ends(data: bytes, scan: int) -> bool:
    """Return whether the JPEG `data` has its end marker somewhere after `scan`, where its compressed pixels begin.

    Decoders fill what is missing with grey and say nothing. Behind the end there may be more (films, further pictures).
    """
    return data.rfind(_END_OF_JPEG, scan) >= 0


def cut_short(kind: PictureKind, data: bytes, error: Exception) -> bool:
    """Return whether `error`, met when decoding `data`, is for want of data."""
    message = str(error).lower()
    if "truncated" in message or "end of file" in message:
        return True
    if kind is PictureKind.WEBP:
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return kind in (PictureKind.AVIF, PictureKind.HEIC, PictureKind.JPEG2000) and _box_reaches_beyond(data)


def _box_reaches_beyond(data: bytes) -> bool:
    """Return whether a top-level box of the ISO container `data` claims more bytes than there are."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:
            return not data.endswith(_END_OF_JPEG) and data[4:8] == b"jP  "
        if size < 8:
            return False
        at += size
    return at != len(data)
