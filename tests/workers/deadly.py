"""A worker whose detector ends the process over one picture, as a codec with a bug does: `python deadly.py COLOUR`."""

import os
import signal
import sys
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from organiser.bootstrap import open_services
from organiser.core.face import Face
from organiser.jobs.services import Services
from organiser.settings.reading import load
from organiser.vision.detectors.stub import DrawnFaces
from organiser.workers import logs
from organiser.workers.consuming.worker import WorkerOptions, run

DEADLY = (64, 48)
"""Width and height of the picture that no process survives."""


class Deadly(DrawnFaces):
    """Finds drawn faces; a picture of the deadly size ends the process with a segmentation fault."""

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        if image.shape[1::-1] == DEADLY:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().detect(image)


def main() -> int:
    settings = load(os.environ)
    logs.configure("info")

    def open_own() -> Services:
        return replace(open_services(settings), detector=Deadly)

    return run(settings, WorkerOptions(processes=2), open_own)


if __name__ == "__main__":
    sys.exit(main())
