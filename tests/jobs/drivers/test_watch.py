"""Watching: which roots are watched when folders are named, and how."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from organiser.files.watch.changes import WatchOptions
from organiser.jobs.actions import roots
from organiser.jobs.drivers.watch import Watching, WatchPlan
from organiser.jobs.messages import Message, ScanRoot
from tests.jobs.library import Library

DEADLINE_S = 20.0


def _first(library: Library, plan: WatchPlan) -> Sequence[Message]:
    """Watch until something is submitted, and return it; nothing when nothing is in time."""
    stop = threading.Event()
    submitted: list[Message] = []

    def submit(messages: Sequence[Message]) -> None:
        submitted.extend(messages)
        stop.set()

    late = threading.Timer(DEADLINE_S, stop.set)
    late.start()
    Watching(library.services, plan, submit, stop).run()
    late.cancel()
    return submitted


@pytest.mark.parametrize("named", ["", "2024"])
def test_a_folder_in_a_root_means_that_root(library: Library, tmp_path: Path, named: str) -> None:
    (library.folder / "2024").mkdir()
    root = roots.add(library.services.engine, str(library.folder), library.now)
    roots.add(library.services.engine, str(tmp_path / "other"), library.now)
    plan = WatchPlan(WatchOptions(0.1, 60.0, 3600.0), only=(str(library.folder / named).rstrip("/"),))
    (message,) = _first(library, plan)
    assert isinstance(message, ScanRoot)
    assert message.root_id == root.id


def test_a_root_that_became_part_of_another_is_watched_in_it(library: Library) -> None:
    inner = library.folder / "2024"
    inner.mkdir()
    roots.add(library.services.engine, str(inner), library.now)
    root = roots.add(library.services.engine, str(library.folder), library.now)
    (message,) = _first(library, WatchPlan(WatchOptions(0.1, 60.0, 3600.0), only=(str(inner),)))
    assert isinstance(message, ScanRoot)
    assert message.root_id == root.id
