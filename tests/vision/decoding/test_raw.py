import struct
import subprocess
import sys
from datetime import datetime
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from organiser.core.photo import FailureKind
from organiser.errors import DecodeError
from organiser.vision.decoding.decode import decode
from tests import photos
from tests.photos import HAPPY

SHORT, LONG, ASCII, BYTE, RATIONAL = 3, 4, 2, 1, 5


def ifd(entries, offset, after=0) -> bytes:
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


def shorts(*values):
    return SHORT, len(values), struct.pack(f"<{len(values)}H", *values)


def longs(*values):
    return LONG, len(values), struct.pack(f"<{len(values)}I", *values)


def text(value):
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


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_raw_files_preview_is_seen_upright(orientation):
    stored = photos.scene(640, 480, [HAPPY])
    decoded = decode(drawn_dng(stored, orientation), least=1024, max_pixels=10**8)
    expected = np.asarray(stored if orientation == 1 else stored.transpose(Image.Transpose.ROTATE_270))
    assert decoded.image.shape == expected.shape
    assert np.abs(decoded.image.astype(int) - expected).mean() < 4
    assert (decoded.width > decoded.height) == (orientation == 1)
    assert decoded.capture.camera == "Canon EOS 450D"


def test_a_raw_file_without_a_preview_is_refused():
    with pytest.raises(DecodeError) as caught:
        decode(b"FUJIFILMCCD-RAW 0201" + bytes(2000), least=1024, max_pixels=10**8)
    assert caught.value.kind in (FailureKind.CORRUPT, FailureKind.UNSUPPORTED)


def test_a_plain_tiff_is_no_raw_file(tmp_path):
    path = photos.photo(tmp_path / "a.tiff", camera=("Canon", "Canon EOS 450D"), taken=datetime(2024, 5, 6))
    assert decode(path.read_bytes(), least=1024, max_pixels=10**8).width == 320


def test_without_the_extra_a_raw_file_is_refused_naming_it():
    code = """
import sys
sys.modules["rawpy"] = None  # as if it were not installed
from organiser.errors import DecodeError
from organiser.vision.decoding.decode import decode
try:
    decode(b"FUJIFILMCCD-RAW 0201" + bytes(2000), least=1024, max_pixels=10**8)
except DecodeError as error:
    print(error.kind, error.reason)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "unsupported camera raw files need the extra: pip install 'organiser[raw]'\n"
