"""A small library of drawn photos in a real index, read by the real handlers, without child processes."""

import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from organiser.bootstrap import open_services
from organiser.core.emotion import Emotion
from organiser.jobs.actions import roots
from organiser.jobs.messages import Message, ScanRoot
from organiser.jobs.steps.handle import handle
from organiser.settings import load
from tests.photos import HAPPY, SAD, DrawnFace, photo, truncated

PAIR = (DrawnFace(Emotion.HAPPY, 0.3, 0.5, 0.4), DrawnFace(Emotion.SAD, 0.7, 0.5, 0.4))


def draw_photos(folder: Path) -> Path:
    """Draw a happy, a sad, a mixed, a faceless and a truncated photo; one of them a second time in a folder."""
    photo(folder / "happy.jpg", [HAPPY], taken=datetime(2024, 5, 17, 14, 3, tzinfo=UTC), camera=("Acme", "One"))
    photo(folder / "sad.png", [SAD], seed=1)
    photo(folder / "2023" / "pair.jpg", PAIR, seed=2, taken=datetime(2023, 1, 2, tzinfo=UTC))
    photo(folder / "2023" / "lamp.jpg", seed=3)
    (folder / "later").mkdir()
    (folder / "later" / "copy of happy.jpg").write_bytes((folder / "happy.jpg").read_bytes())
    return truncated(folder / "cut.jpg", faces=[HAPPY], seed=4).parent


def scan(home: Path, folder: Path) -> None:
    """Do what `organiser scan` does, in this process."""
    services = open_services(load({"ORGANISER_HOME": str(home), "ORGANISER_DETECTOR": "drawn"}))
    waiting: deque[Message] = deque([ScanRoot(roots.add(services.engine, str(folder), time.time()).id)])
    while waiting:
        waiting.extend(handle(services, waiting.popleft()).messages)
    services.engine.dispose()
