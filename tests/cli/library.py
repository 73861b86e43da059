"""A small library of drawn photos in a real index, read by the real handlers, without child processes."""

import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from organiser.bootstrap import open_index, open_services
from organiser.core.emotion import Emotion
from organiser.jobs.actions import models, roots
from organiser.jobs.messages import Message, ScanRoot
from organiser.jobs.steps.handle import handle
from organiser.settings.reading import load
from organiser.vision.classifiers.stub import write_stub_bundle
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


def judged_library(folder: Path) -> Path:
    """Make `home` and `photos` in a folder, scanned and judged by the stub model; return the folder."""
    home = folder / "home"
    engine = open_index(load({"ORGANISER_HOME": str(home)}))
    models.add(engine, home, write_stub_bundle(folder / "bundle"), time.time())
    models.use(engine, "stub")
    engine.dispose()
    scan(home, draw_photos(folder / "photos"))
    return folder
