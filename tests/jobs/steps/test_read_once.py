"""A new file is read once: digested, recognised and looked at in the same bytes, and nobody's lease is in its way."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from organiser.errors import Transient
from organiser.index.db.engine import reading
from organiser.index.tables import failures
from organiser.index.work import leases
from organiser.jobs.actions import roots
from organiser.jobs.messages import Detect, Identify, ScanRoot
from organiser.jobs.services import ActiveModel
from organiser.jobs.steps import identify, recover
from organiser.jobs.steps.handle import handle
from organiser.vision.classifiers import Classifier
from tests.jobs.deadly import CRASHES
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD

_CLIP = 3_000_000
"""Bytes behind each picture, as of a motion photo: enough to tell reading a file from all other reading."""


class CrashError(BaseException):
    """What ends a process, for a handler that runs in this one."""


class Deadly:
    """A detector that no process survives when it comes to a picture of one size."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def detect(self, image: object) -> object:
        if image.shape[1::-1] == CRASHES:  # type: ignore[attr-defined]
            raise CrashError
        return self._inner.detect(image)  # type: ignore[attr-defined]


def _draw(library: Library, count: int) -> int:
    """Draw photos with a clip behind each; return the bytes of all."""
    for number in range(count):
        path = library.draw(f"{number}.jpg", HAPPY)
        with path.open("ab") as file:
            file.write(os.urandom(_CLIP))
    return sum(path.stat().st_size for path in library.folder.iterdir())


def _bytes_read() -> int | None:
    """Bytes that this process has read from anywhere, as the kernel counts them; None where it does not."""
    counters = Path("/proc/self/io")
    if not counters.exists():
        return None
    return int(dict(line.split(": ") for line in counters.read_text().splitlines())["rchar"])


def _read_once(size: int, before: int | None) -> bool:
    now = _bytes_read()
    return now is None or before is None or size <= now - before < 1.2 * size


def _messages(library: Library) -> list[Identify]:
    root = roots.add(library.services.engine, str(library.folder), library.now)
    return list(handle(library.services, ScanRoot(root.id)).messages)  # type: ignore[arg-type]


@pytest.mark.parametrize("kept", [100_000_000, 2 * _CLIP])
def test_a_new_file_is_read_once(library: Library, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identify, "_KEPT_BYTES", kept)
    size = _draw(library, 5)
    messages = _messages(library)
    before = _bytes_read()
    library.run(messages)
    assert _read_once(size, before)
    assert len(library.names("emotion:happy")) == 5
    assert library.counts["detect messages"] == 0


def test_a_copy_of_a_known_photo_is_read_and_not_looked_at(library: Library) -> None:
    size = _draw(library, 1)
    library.scan()
    (library.folder / "copy.jpg").write_bytes((library.folder / "0.jpg").read_bytes())
    messages = _messages(library)
    before = _bytes_read()
    counts = library.run(messages)
    assert _read_once(size, before)
    assert (counts["identified"], counts["detected"]) == (1, 0)


def test_a_worker_that_does_not_detect_leaves_it_to_others(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    (message,) = _messages(library)
    jobs = replace(library.services.jobs, detect_while_identifying=False)
    (follow,) = handle(replace(library.services, jobs=jobs), message).messages
    assert isinstance(follow, Detect)
    library.run([follow])
    assert library.names("emotion:happy") == ["a.jpg"]


def _deadly(library: Library) -> Callable[[], Deadly]:
    inner = library.services.detector()
    return lambda: Deadly(inner)


def test_a_picture_that_ends_its_process_is_quarantined_alone(library: Library) -> None:
    for number in range(3):
        library.draw(f"{number}.jpg", HAPPY)
    library.draw("deadly.jpg", SAD, size=CRASHES)
    services = replace(library.services, detector=_deadly(library))
    waiting = list(_messages(library))
    while waiting:
        try:
            waiting += handle(services, waiting.pop(0)).messages
        except CrashError:
            waiting += recover.recover(services, services.owner(), "of old age")  # type: ignore[arg-type]
    with reading(services.engine) as tx:
        (failure,) = failures.every(tx)
        assert leases.owners(tx) == []
    assert (Path(failure.path).name, failure.stage, failure.kind) == ("deadly.jpg", "detect", "crashed")
    assert len(library.names("emotion:happy")) == 3


def test_what_the_machine_failed_at_is_left_to_a_message_of_its_own(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    (message,) = _messages(library)

    def fails(_model: ActiveModel) -> Classifier:
        raise Transient("the card has no memory left")

    services = replace(library.services, classifier=fails)
    done = handle(services, message)
    (follow,) = done.messages
    assert isinstance(follow, Detect)
    with reading(services.engine) as tx:
        assert leases.owners(tx) == []
    assert handle(library.services, follow).counts["judged"] == 1
