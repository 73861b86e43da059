"""Draws camera raw files: a DNG with a JPEG preview and a few sensor values, as a camera lays them out."""

import struct
from io import BytesIO

import numpy as np
from PIL import Image

SHORT, LONG, ASCII, BYTE, RATIONAL = 3, 4, 2, 1, 5


Value = tuple[int, int, bytes]
"""Type, count and bytes of a field's value."""


def ifd(entries: list[tuple[int, int, int, bytes]], offset: int, after: int = 0) -> bytes:
    """Encode a TIFF directory that stands at `offset`; long values follow it."""
    body, values = b"", b""
    start = offset + 2 + 12 * len(entries) + 4
    for tag, kind, count, data in sorted(entries):
        if len(data) > 4:
            body += struct.pack("<HHII", tag, kind, count, start + len(values))
            values += data + b"\0" * (len(data) % 2)
        else:
            body += struct.pack("<HHI4s", tag, kind, count, data)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", after) + values


def shorts(*values: int) -> Value:
    return SHORT, len(values), struct.pack(f"<{len(values)}H", *values)


def longs(*values: int) -> Value:
    return LONG, len(values), struct.pack(f"<{len(values)}I", *values)


def text(value: str) -> Value:
    return ASCII, len(value) + 1, value.encode() + b"\0"


def drawn_dng(picture: Image.Image, orientation: int) -> bytes:
    """Draw a DNG: a JPEG preview of `picture` in the first directory, 64 × 48 sensor values below it."""
    out = BytesIO()
    picture.save(out, "JPEG", quality=92)
    preview, sensor = out.getvalue(), np.full((48, 64), 500, "<u2").tobytes()
    preview_at = 8
    sensor_at = preview_at + len(preview) + len(preview) % 2
    sub_at = sensor_at + len(sensor)
    sub = ifd(
        [
            (254, *longs(0)),
            (256, *longs(64)),
            (257, *longs(48)),
            (258, *shorts(16)),
            (259, *shorts(1)),
            (262, *shorts(32803)),
            (273, *longs(sensor_at)),
            (277, *shorts(1)),
            (278, *longs(48)),
            (279, *longs(len(sensor))),
            (33421, *shorts(2, 2)),
            (33422, BYTE, 4, bytes((0, 1, 1, 2))),
        ],
        sub_at,
    )
    main_at = sub_at + len(sub)
    main = ifd(
        [
            (254, *longs(1)),
            (256, *longs(picture.width)),
            (257, *longs(picture.height)),
            (258, *shorts(8, 8, 8)),
            (259, *shorts(7)),
            (262, *shorts(6)),
            (271, *text("Canon")),
            (272, *text("Canon EOS 450D")),
            (273, *longs(preview_at)),
            (274, *shorts(orientation)),
            (277, *shorts(3)),
            (278, *longs(picture.height)),
            (279, *longs(len(preview))),
            (330, *longs(sub_at)),
            (306, *text("2024:05:06 07:08:09")),
            (50706, BYTE, 4, bytes((1, 4, 0, 0))),
            (50708, *text("Canon EOS 450D")),
        ],
        main_at,
    )
    return struct.pack("<2sHI", b"II", 42, main_at) + preview + b"\0" * (len(preview) % 2) + sensor + sub + main
