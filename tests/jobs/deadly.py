"""Services whose detector ends or stops its process over one picture, as a codec with a bug does."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from organiser.bootstrap import open_services
from organiser.core.face import Face
from organiser.jobs.services import Services
from organiser.settings import load
from organiser.vision.detectors.stub import DrawnFaces

CRASHES = (64, 48)
"""Width and height of the picture that no process survives."""


class Deadly(DrawnFaces):
    """Finds drawn faces; a picture of the deadly size ends the process with a segmentation fault."""

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        if image.shape[1::-1] == CRASHES:
            os.kill(os.getpid(), signal.SIGSEGV)
        return super().detect(image)


def open_deadly(environment: Mapping[str, str]) -> Services:
    """Build services as the product does, but for the detector."""
    return replace(open_services(load(environment)), detector=Deadly)


class Slow(DrawnFaces):
    """Finds drawn faces, ten a second."""

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        time.sleep(0.1)
        return super().detect(image)


def open_slow(environment: Mapping[str, str]) -> Services:
    """Build services as the product does, but for the detector."""
    return replace(open_services(load(environment)), detector=Slow)
