"""The local driver: steps that read pictures run in children, placing in this process, and the end is placed."""

import functools
from collections import Counter
from pathlib import Path

import pytest

from organiser.bootstrap import open_services
from organiser.index.db.engine import writing
from organiser.index.work import locks
from organiser.index.work.locks import Holder
from organiser.jobs.actions import roots
from organiser.jobs.collections import manage
from organiser.jobs.drivers.local import LocalRunner
from organiser.jobs.messages import Message, ScanRoot
from organiser.jobs.services import Services
from organiser.jobs.steps.follow_ups import placing_requested
from organiser.settings.reading import load
from tests.jobs.library import Library
from tests.photos import HAPPY


def _open(environment: dict[str, str]) -> Services:
    return open_services(load(environment))


def _run(library: Library, message: Message) -> Counter[str]:
    counts: Counter[str] = Counter()
    with LocalRunner(library.services, functools.partial(_open, library.environment), 1) as runner:
        for progress in runner.run([message]):
            counts = Counter(progress.counts)
    return counts


def _scan(library: Library, tmp_path: Path, *, fresh: bool) -> ScanRoot:
    """Return the message that has a happy photo placed in a collection."""
    manage.set_built_in(library.services, str(tmp_path / "collections"), "copy")
    library.draw("a.jpg", HAPPY)
    return ScanRoot(roots.add(library.services.engine, str(library.folder), library.now).id, fresh=fresh)


@pytest.mark.parametrize("fresh", [True, False])
def test_what_was_judged_is_placed_in_the_end(library: Library, tmp_path: Path, *, fresh: bool) -> None:
    assert _run(library, _scan(library, tmp_path, fresh=fresh))["placed"] == 1
    assert (tmp_path / "collections" / "happy" / "a.jpg").exists()
    assert placing_requested(library.services) == ()


def test_what_another_process_fills_is_left_to_be_asked_for_again(library: Library, tmp_path: Path) -> None:
    message, theirs = _scan(library, tmp_path, fresh=True), Holder("elsewhere:1", "theirs")
    with writing(library.services.engine) as tx:
        assert locks.claim(tx, "placing", theirs, library.now, 60.0)
    counts = _run(library, message)
    assert (counts["judged"], counts["placed"]) == (1, 0)
    with writing(library.services.engine) as tx:
        locks.release(tx, "placing", theirs.token)
    assert library.run(placing_requested(library.services))["placed"] == 1
