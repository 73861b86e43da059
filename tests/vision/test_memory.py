"""A machine short of memory is no fault of the picture: whoever says so, the failure is worth another try."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from organiser.core.photo import FailureKind

ROOT = Path(__file__).parents[2]


def detect_with(picture: Path, left: int) -> str:
    """Look at a picture in a process of its own that may take `left` bytes more than it has."""
    words = [sys.executable, "-m", "tests.vision.short", str(picture), str(left)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "noise.jpg"
    pixels = np.random.default_rng(1).integers(0, 255, (1000, 1000, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("left", range(1_000_000, 22_000_000, 3_000_000))
def test_want_of_memory_is_the_machines_failure(picture: Path, left: int) -> None:
    assert detect_with(picture, left) == FailureKind.MACHINE


def test_the_same_picture_is_seen_with_memory_enough(picture: Path) -> None:
    assert detect_with(picture, 500_000_000) == "seen"
