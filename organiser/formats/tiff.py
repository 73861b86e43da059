"""Fields of a TIFF file's first directory (TIFF 6.0, section 2), which most camera raw files have too."""

import struct
from collections.abc import Collection
from typing import BinaryIO, Final

XMP: Final = 700
IPTC: Final = 33723

_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}
_LONGEST: Final = 1 << 24


def fields(file: BinaryIO, wanted: Collection[int]) -> dict[int, bytes]:
    """Return the raw values of these tags; those that are not there, broken or longer than 16 MB are left out.

    Args:
        file: open at any place; it may be no TIFF at all.
    """
    found: dict[int, bytes] = {}
    try:
        file.seek(0)
        head = file.read(8)
        order = _ORDERS.get(head[:4])
        if order is None:
            return found
        (start,) = struct.unpack(order + "I", head[4:])
        file.seek(start)
        (count,) = struct.unpack(order + "H", file.read(2))
        directory = file.read(12 * count)
        for tag, kind, number, place in struct.iter_unpack(order + "HHI4s", directory):
            size = _SIZES.get(kind, 0) * number
            if tag not in wanted or not 0 < size <= _LONGEST:
                continue
            if size > 4:
                file.seek(struct.unpack(order + "I", place)[0])
            value = place[:size] if size <= 4 else file.read(size)
            if len(value) == size:
                found[tag] = value
    except struct.error:
        pass
    return found
