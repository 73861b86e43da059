"""Services whose detector ends or stops its process over one picture, as a codec with a bug does."""

import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from organiser.bootstrap import open_services
from organiser.core.face import Face
from organiser.files.digest import Digested, digest_of_content
from organiser.jobs.services import Services
from organiser.settings.reading import load
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


def _deadly_digest(path: str, content: bytes) -> Digested:
    if path.endswith("deadly.jpg"):
        os.kill(os.getpid(), signal.SIGSEGV)
    return digest_of_content(path, content)


def _hanging_digest(path: str, content: bytes) -> Digested:
    if path.endswith("deadly.jpg"):
        threading.Event().wait()
    return digest_of_content(path, content)


def open_deadly_digest(environment: Mapping[str, str]) -> Services:
    """Build services whose process ends when a file called deadly.jpg is digested."""
    return replace(open_services(load(environment)), digest=_deadly_digest)


def open_hanging_digest(environment: Mapping[str, str]) -> Services:
    """Build services that never come to the end of a file called deadly.jpg."""
    return replace(open_services(load(environment)), digest=_hanging_digest)


def open_dragging(environment: Mapping[str, str]) -> Services:
    """Build services that are slow to tell the time, as a large root on a slow disk is to be walked."""

    def clock() -> float:
        time.sleep(1.0)
        return time.time()

    return replace(open_services(load(environment)), clock=clock)
