"""A worker whose detector takes as long as a test wants: it reads the pipe at ORGANISER_HOME/held to its end first."""

import os
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


class Held(DrawnFaces):
    """Finds drawn faces once the pipe has been written and closed."""

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        with open(os.path.join(os.environ["ORGANISER_HOME"], "held"), "rb") as pipe:
            pipe.read()
        return super().detect(image)


def main() -> int:
    settings = load(os.environ)
    logs.configure("info")

    def open_own() -> Services:
        return replace(open_services(settings), detector=Held)

    return run(settings, WorkerOptions(processes=1), open_own)


if __name__ == "__main__":
    sys.exit(main())
