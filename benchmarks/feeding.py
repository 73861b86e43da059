"""How the Keras classifier, a GPU worker's, is fed: `python benchmarks/feeding.py [--messages 60]`.

Messages of several sizes go through the classifier of the model that ships, on whatever TensorFlow finds (no GPU is
needed): a message of 32 photos is what follows one chunk of detecting, one of 512 what a new model makes due. Counts forward
passes, the rows they had, how many of these were padding, and the processor time.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from organiser.training.ship import backend
from organiser.vision.bundle import load, shipped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=60)
    options = parser.parse_args()
    print(f"{'photos a message':>17}{'messages':>10}{'faces':>8}{'passes':>8}{'rows':>8}{'padded':>8}{'ms a face':>11}")
    for photos, messages in ((1, options.messages), (32, options.messages), (512, max(options.messages // 16, 1))):
        print("{:17}{:10}{:8}{:8}{:8}{:8}{:11.2f}".format(photos, messages, *fed(photos, messages)), flush=True)


def fed(photos: int, messages: int) -> tuple[int, int, int, int, float]:
    """Return faces, passes, rows, padded rows and milliseconds a face of some messages of so many photos."""
    random, sizes = Random(1), list[int]()
    forward_of = backend.forward_of

    def counting(model: Any) -> backend.Forward:
        forward = forward_of(model)

        def count(inputs: np.ndarray, on_cpu: bool) -> np.ndarray:  # noqa: FBT001 - the seam's own
            sizes.append(len(inputs))
            return forward(inputs, on_cpu)

        return count

    backend.forward_of = counting
    classifier = backend.KerasClassifier(load(shipped()))
    crops = np.random.default_rng(1).integers(0, 256, (photos * 5, 128, 128, 3), np.uint8)
    classifier.predict(crops[:1])
    backend.forward_of = forward_of
    sizes.clear()
    faces, views, start = 0, classifier._manifest.views, time.process_time()  # noqa: SLF001
    for _ in range(messages):
        count = sum(min(int(random.expovariate(0.6)), 4) for _ in range(photos)) or 1
        faces += count
        classifier.predict(crops[:count])
    took = time.process_time() - start
    return faces, len(sizes), sum(sizes), sum(sizes) - views * faces, took / faces * 1e3


if __name__ == "__main__":
    main()
