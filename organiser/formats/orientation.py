"""The orientation tag of an EXIF block, the one piece of metadata that changes the upright picture."""

import struct

_TAG = 0x0112
_BYTE, _SHORT, _LONG = 1, 3, 4


def orientation(block: bytes) -> int:
    """Return the EXIF orientation, 1–8, of a TIFF-structured block; 1 when there is none or the block is broken.

    Only the first directory counts (EXIF 2.32, 4.6.4); a leading JPEG segment name is passed over.
    """
    tiff = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", tiff, entry)
            if tag == _TAG:
                form = {_BYTE: "B", _SHORT: "H", _LONG: "I"}.get(kind, "H")
                (value,) = struct.unpack_from(order + form, tiff, entry + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
