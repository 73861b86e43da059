"""`organiser watch` without a broker: it does the work itself, tells it as fields, and ends in order."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Organiser
from tests.photos import HAPPY, photo

DEADLINE_S = 90.0


@pytest.fixture
def watching(photos: Path, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """A watcher of the scanned photos' root, named by a folder in it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "organiser", "watch", str(photos / "2023"), "--workers", "1"],
        env=os.environ | {"ORGANISER_WATCH_SETTLE_SECONDS": "0.2"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    late = threading.Timer(DEADLINE_S, os.killpg, [process.pid, signal.SIGKILL])
    late.start()
    yield process
    late.cancel()
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_what_was_done_is_told_as_fields(watching: "subprocess.Popen[str]", photos: Path, organiser: Organiser) -> None:
    photo(photos / "later" / "new.jpg", [HAPPY], seed=77)
    assert watching.stderr is not None
    told = next((line for line in watching.stderr if "judged=1" in line), None)
    assert told is not None
    fields = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', told))
    assert {word: fields[word] for word in ("level", "event", "job", "detected", "model")} == {
        "level": "info",
        "event": "done",
        "job": "watch",
        "detected": "1",
        "model": "stub@1",
    }
    watching.send_signal(signal.SIGTERM)
    assert watching.wait(DEADLINE_S) == 0
    assert organiser("find", "emotion:happy", "--count").out == "2\n"
