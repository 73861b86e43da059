import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from organiser.core.photo import FailureKind
from organiser.errors import DecodeError
from organiser.vision.decoding.decode import decode
from tests import photos
from tests.photos import HAPPY
from tests.raw_photos import drawn_dng


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
    assert done.stdout == "needs_part it waits for the raw extra: pip install 'organiser[raw]'\n"


@pytest.mark.parametrize(
    "head", [b"FOVb", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR", b"IIU\0", b"IIRO", b"MMOR", b"II*\0\x10\0\0\0CR"]
)
def test_raw_files_of_every_make_go_to_the_raw_decoder(head):
    with pytest.raises(DecodeError) as caught:
        decode(head + bytes(2000), least=1024, max_pixels=10**8)
    assert "not a readable camera raw picture" in caught.value.reason
