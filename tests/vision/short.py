"""Looks at a picture with next to no memory left: `python short.py PICTURE BYTES`; writes the failure's kind or "seen".

Everything is loaded and used once before, so that only the picture's own memory is wanting.
"""

import sys
from pathlib import Path

import numpy as np

from organiser.core.photo import Detected
from organiser.lifeline import limit_memory
from organiser.vision.detectors.yunet import YuNet
from organiser.vision.pipeline import DetectOptions, detect
from tests.photos import HAPPY, photo

_PAGE = 4096


def main() -> None:
    picture, left = Path(sys.argv[1]), int(sys.argv[2])
    detector = YuNet()
    detector.detect(np.zeros((64, 64, 3), np.uint8))
    detect(photo(picture.with_name("small.jpg"), [HAPPY], size=(64, 64)), detector, DetectOptions())
    taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * _PAGE
    limit_memory(taken + left)
    found = detect(picture, detector, DetectOptions())
    print("seen" if isinstance(found, Detected) else found.kind)


if __name__ == "__main__":
    main()
