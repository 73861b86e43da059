"""Identifying: a file that ends or stops its process costs nobody but itself, and no chunk is longer than its patience."""

import functools
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from organiser.core.photo import FileId
from organiser.files.digest import Digested
from organiser.index.db.engine import reading
from organiser.index.tables import failures
from organiser.index.tables.failures import Failure
from organiser.index.work import leases
from organiser.jobs.actions import failures as failed
from organiser.jobs.actions import roots
from organiser.jobs.drivers import full_scan
from organiser.jobs.drivers.local import LocalRunner
from organiser.jobs.messages import Identify, Message, ScanRoot, reading_time
from organiser.jobs.services import Services
from organiser.jobs.steps import pending
from organiser.jobs.steps.crashes import MAX_CRASHES
from organiser.jobs.steps.handle import handle
from organiser.jobs.steps.recover import recover
from tests.jobs.deadly import open_deadly_digest, open_dragging, open_hanging_digest
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD


class CrashError(BaseException):
    """What ends a process, for a handler that runs in this one."""


def _dies(_path: str, _content: bytes) -> Digested:
    raise CrashError


def _wants_memory(path: str, _content: bytes) -> Digested:
    if path.endswith("deadly.jpg"):
        raise MemoryError
    return Digested(os.path.basename(path).ljust(64, "0"))


def _draw(library: Library, count: int) -> None:
    for number in range(count):
        library.draw(f"{number}.jpg", HAPPY, size=(80, 60))
    library.draw("deadly.jpg", HAPPY, size=(80, 60))


def _scan_root(library: Library) -> ScanRoot:
    return ScanRoot(roots.add(library.services.engine, str(library.folder), library.now).id)


def _recorded(library: Library) -> list[Failure]:
    """Return the failures; nobody may hold anything any more."""
    with reading(library.services.engine) as tx:
        assert leases.owners(tx) == []
        return failures.every(tx)


def _run(library: Library, open_children: object, messages: Iterable[Message], patience: float) -> list[str]:
    """Have messages done by impatient children; return what the runner told."""
    children = functools.partial(open_children, library.environment)  # type: ignore[operator]
    with LocalRunner(library.services, children, 2, patience) as runner:
        for _ in runner.run(messages):
            pass
        return runner.notes


def test_a_file_that_ends_its_process_is_quarantined_alone(library: Library) -> None:
    _draw(library, 3)
    children = functools.partial(open_deadly_digest, library.environment)
    summary = full_scan.run(library.services, children, 2, full_scan.Request((str(library.folder),)), list)
    assert summary.finished
    assert len(library.names("emotion:happy")) == 3
    (failure,) = _recorded(library)
    assert (Path(failure.path).name, failure.stage, failure.kind) == ("deadly.jpg", "scan", "crashed")
    assert list(pending.all_due(library.services)) == []


def test_a_file_whose_reading_never_ends_is_quarantined_alone(library: Library) -> None:
    _draw(library, 1)
    _run(library, open_hanging_digest, [_scan_root(library)], patience=0.05)
    assert len(library.names("emotion:happy")) == 1
    (failure,) = _recorded(library)
    assert (Path(failure.path).name, failure.kind) == ("deadly.jpg", "crashed")


def test_scanning_a_root_takes_as_long_as_it_takes(library: Library) -> None:
    _draw(library, 1)
    assert _run(library, open_dragging, [_scan_root(library)], patience=0.001) == []
    with reading(library.services.engine) as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM files").scalar() == 2


def _crash(library: Library) -> Services:
    """Have the one file that is to be identified end as many workers as it takes; return the services that die of it."""
    deadly = replace(library.services, digest=_dies)
    (message,) = handle(deadly, _scan_root(library)).messages
    for _ in range(MAX_CRASHES):
        with pytest.raises(CrashError):
            handle(deadly, message)
        left = recover(deadly, deadly.owner(), "of old age")
        assert left in ([message], [])
    return deadly


@pytest.mark.parametrize("before", ["new", "changed"])
def test_a_quarantined_file_is_not_tried_again_by_every_scan(library: Library, before: str) -> None:
    if before == "changed":
        library.draw("a.jpg", HAPPY)
        library.scan()
    library.draw("a.jpg", SAD)
    deadly = _crash(library)
    (failure,) = _recorded(library)
    assert (failure.kind, failure.retry_at, "of old age" in failure.reason) == ("crashed", None, True)
    assert list(pending.all_due(deadly)) == []
    library.now += 86_400.0
    assert handle(deadly, _scan_root(library)).messages == ()


def test_a_quarantined_file_that_changes_again_is_tried_again(library: Library) -> None:
    library.draw("a.jpg", SAD)
    _crash(library)
    library.draw("a.jpg", HAPPY)
    library.scan()
    assert (library.names("emotion:happy"), _recorded(library)) == (["a.jpg"], [])


def test_a_person_may_have_a_quarantined_file_tried_again(library: Library) -> None:
    library.draw("a.jpg", SAD)
    _crash(library)
    assert failed.retry(library.services.engine, {}) == 1
    library.run(pending.all_due(library.services))
    assert (library.names("emotion:sad"), _recorded(library)) == (["a.jpg"], [])


def test_a_file_that_is_in_hand_is_not_read_by_a_second_worker(library: Library) -> None:
    library.draw("a.jpg", SAD)
    (message,) = handle(library.services, _scan_root(library)).messages
    with pytest.raises(CrashError):
        handle(replace(library.services, digest=_dies), message)
    assert handle(replace(library.services, owner=lambda: "elsewhere:1"), message).counts["identified"] == 0
    assert list(pending.all_due(library.services)) == []


def test_the_lease_of_a_file_that_went_away_is_dropped(library: Library) -> None:
    path = library.draw("a.jpg", SAD)
    library.draw("b.jpg", SAD)
    (message,) = handle(library.services, _scan_root(library)).messages
    with pytest.raises(CrashError):
        handle(replace(library.services, digest=_dies), message)
    path.unlink()
    library.run([_scan_root(library)])
    library.run(recover(library.services, library.services.owner()))
    assert (library.names("emotion:sad"), _recorded(library)) == (["b.jpg"], [])


def test_want_of_memory_costs_one_file_a_later_try(library: Library) -> None:
    _draw(library, 3)
    (message,) = handle(library.services, _scan_root(library)).messages
    counts = handle(replace(library.services, digest=_wants_memory), message).counts
    assert (counts["identified"], counts["unreadable"]) == (3, 1)
    (failure,) = _recorded(library)
    assert (Path(failure.path).name, failure.kind, failure.retry_at is None) == ("deadly.jpg", "machine", False)


def test_a_chunk_ends_where_its_bytes_are_many(library: Library) -> None:
    for number in range(4):
        with (library.folder / f"{number}.tif").open("wb") as file:
            file.truncate(120_000_000)
    library.draw("z.jpg", HAPPY)
    for messages in (handle(library.services, _scan_root(library)).messages, list(pending.all_due(library.services))):
        chunks = [message for message in messages if isinstance(message, Identify)]
        assert [len(chunk.file_ids) for chunk in chunks] == [2, 3]
        assert all(reading_time(chunk) > chunk.size / 10e6 for chunk in chunks)
        assert chunks[0].size == 240_000_000


def test_what_is_large_has_more_time() -> None:
    small, large = Identify((FileId(1),), size=1_000_000), Identify((FileId(1),), size=5_000_000_000)
    assert reading_time(large) > reading_time(small) + 500


def test_a_file_too_large_to_be_read_is_refused_before_it_is_digested(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    for name, size in (("20.jpg", 20 * 10**9), ("4000.jpg", 4 * 10**12)):
        (library.folder / name).touch()
        os.truncate(library.folder / name, size)
    messages = handle(library.services, _scan_root(library)).messages
    assert (
        max(reading_time(message) for message in messages if isinstance(message, Identify))
        < library.services.jobs.lease
    )
    library.run(messages)
    found = {Path(failure.path).name: failure for failure in _recorded(library)}
    assert {name: (item.stage, item.kind, item.retry_at) for name, item in found.items()} == {
        "20.jpg": ("scan", "too_large", None),
        "4000.jpg": ("scan", "too_large", None),
    }
    assert found["4000.jpg"].reason == "4000 GB; 500 MB are allowed"
    assert library.names("emotion:happy") == ["a.jpg"]


def test_a_pipe_that_took_a_files_place_is_not_waited_for(library: Library) -> None:
    path = library.draw("a.jpg", HAPPY)
    (message,) = handle(library.services, _scan_root(library)).messages
    path.unlink()
    os.mkfifo(path)
    assert handle(library.services, message).counts["unreadable"] == 1
    assert [failure.kind for failure in _recorded(library)] == ["not_a_picture"]
