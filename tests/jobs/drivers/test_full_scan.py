"""The main job with real child processes: to the end, through crashes, and stopped half way."""

import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from organiser.bootstrap import open_services
from organiser.core.photo import FileId, PhotoId
from organiser.index.db.engine import reading
from organiser.index.tables import failures
from organiser.index.work import leases
from organiser.jobs.drivers import full_scan
from organiser.jobs.drivers.full_scan import Request, Summary
from organiser.jobs.drivers.local import Progress
from organiser.jobs.messages import Identify, Judge
from tests.jobs.deadly import CRASHES, open_deadly
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD


def _exhaust(steps: Iterator[Progress]) -> list[Progress]:
    return list(steps)


def _run(library: Library, open_children: object, show: object = _exhaust) -> Summary:
    children = functools.partial(open_children, library.environment)  # type: ignore[operator]
    request = Request((str(library.folder),))
    return full_scan.run(library.services, children, 2, request, show)  # type: ignore[arg-type]


def _open(environment: dict[str, str]) -> object:
    from organiser.settings.reading import load

    return open_services(load(environment))


def test_everything_is_done_and_progress_adds_up(library: Library) -> None:
    for number in range(70):
        library.draw(f"{number}.jpg", HAPPY if number % 2 else SAD, size=(80, 60))
    steps: list[Progress] = []
    summary = _run(library, _open, steps.extend)
    assert summary.finished
    assert (summary.counts["detected"], summary.counts["judged"]) == (70, 70)
    assert len(library.names("emotion:happy")) == 35
    assert (steps[-1].done, steps[-1].remaining) == (70, 0)
    assert {step.done + step.remaining for step in steps} == {70}


def test_the_first_photos_are_few_and_none_is_lost() -> None:
    of = [Identify(tuple(map(FileId, range(start, start + 32))), size=320) for start in (0, 32, 64)]
    messages = full_scan.few_first([*of, Judge((PhotoId(1),))], 2)
    sizes = [len(message.file_ids) for message in messages if isinstance(message, Identify)]
    assert sizes == [4, 4, 28, 28, 32]
    identified = [message for message in messages if isinstance(message, Identify)]
    assert sorted(key for message in identified for key in message.file_ids) == list(range(96))
    assert sum(message.size for message in identified) == 960
    assert Judge((PhotoId(1),)) in messages


def test_the_same_rows_as_in_one_process(library: Library, tmp_path: Path) -> None:
    for number in range(12):
        library.draw(f"{number}.jpg", HAPPY if number % 2 else SAD, size=(80, 60))
    _run(library, _open)
    apart = [(row.relpath, row.emotion, row.confidence, row.reason, row.faces) for row in library.find("sort:path+")]
    other = tmp_path / "other"
    other.mkdir()
    alone = Library(other, f"sqlite:///{other / 'index.db'}")
    alone.folder.rmdir()
    alone.folder.symlink_to(library.folder)
    alone.scan(library.folder)
    together = [(row.relpath, row.emotion, row.confidence, row.reason, row.faces) for row in alone.find("sort:path+")]
    alone.services.engine.dispose()
    assert apart == together


def test_a_picture_that_ends_its_process_is_quarantined_alone(library: Library) -> None:
    for number in range(31):
        library.draw(f"{number}.jpg", HAPPY, size=(80, 60))
    library.draw("deadly.png", size=CRASHES)
    summary = _run(library, open_deadly)
    assert summary.finished
    assert len(library.names("emotion:happy")) == 31
    with reading(library.services.engine) as tx:
        (failure,) = failures.every(tx)
        assert leases.owners(tx) == []
    assert (Path(failure.path).name, failure.kind) == ("deadly.png", "crashed")


def test_what_is_interrupted_goes_on_where_it_stopped(library: Library) -> None:
    for number in range(100):
        library.draw(f"{number}.jpg", HAPPY, size=(80, 60))

    def stop_early(steps: Iterator[Progress]) -> None:
        for step in steps:
            if step.done:
                raise KeyboardInterrupt

    first = _run(library, _open, stop_early)
    assert not first.finished
    with reading(library.services.engine) as tx:
        assert leases.owners(tx) == []
    second = _run(library, _open)
    # A chunk that was committed but not yet told when its process was ended is not done again.
    assert second.counts["detected"] <= 100 - first.counts["detected"]
    assert len(library.names("emotion:happy")) == 100


def test_ctrl_c_ends_the_command_in_order(library: Library) -> None:
    for number in range(40):
        library.draw(f"{number}.jpg", HAPPY, size=(80, 60))
    process = _slow_scan(library)
    _wait_for(lambda: len(library.names("judged:yes")) > 0, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    with reading(library.services.engine) as tx:
        assert leases.owners(tx) == []


def test_a_scan_that_was_killed_leaves_nothing_that_the_next_one_cannot_do(library: Library) -> None:
    for number in range(40):
        library.draw(f"{number}.jpg", HAPPY, size=(80, 60))
    process = _slow_scan(library)
    _wait_for(lambda: len(library.names("judged:yes")) > 0, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert _run(library, _open).finished
    assert len(library.names("emotion:happy")) == 40


def _slow_scan(library: Library) -> "subprocess.Popen[str]":
    code = (
        "import sys, functools, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background shell's children ignore it
        "from organiser.jobs.drivers import full_scan\n"
        "from tests.jobs.deadly import open_slow\n"
        "environment = eval(sys.argv[1])\n"
        "if __name__ == '__main__':\n"
        "    summary = full_scan.run(open_slow(environment), functools.partial(open_slow, environment), 2,\n"
        "        full_scan.Request((sys.argv[2],)), lambda steps: list(steps))\n"
        "    sys.exit(0 if summary.finished else 130)\n"
    )
    arguments = [sys.executable, "-c", code, repr(library.environment), str(library.folder)]
    return subprocess.Popen(
        arguments, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=Path(__file__).parents[3]
    )


def _wait_for(condition: object, process: "subprocess.Popen[str]") -> None:
    until = time.monotonic() + 60
    while not condition():  # type: ignore[operator]
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


def test_what_is_missing_beyond_its_grace_is_purged_by_a_scan_alone(library: Library) -> None:
    library.draw("a.jpg", HAPPY, size=(80, 60))
    library.draw("b.jpg", SAD, size=(80, 60))
    _run(library, _open)
    (library.folder / "b.jpg").unlink()
    assert _run(library, _open).counts["missing"] == 1
    library.now += library.services.jobs.grace - 1
    assert _run(library, _open).counts["purged"] == 0
    library.now += 2
    assert _run(library, _open).counts["purged"] == 1
    assert [row.relpath for row in library.find()] == ["a.jpg"]
