"""Two processes at the collections' lock that cannot know of each other: in a container, or under another clock."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from organiser.bootstrap import open_services
from organiser.index.db.engine import reading
from organiser.index.tables import collections as saved
from organiser.jobs.collections import manage
from organiser.jobs.collections.lock import Busy, kept, placing
from organiser.jobs.collections.sync import sync
from organiser.jobs.owners import is_alive, is_dead
from organiser.jobs.services import Services
from organiser.settings.reading import load
from tests.cli.library import judged_library
from tests.faults.lonely import ROOT, apart

AHEAD_S = 3 * 3600


@pytest.fixture
def services(tmp_path: Path) -> Services:
    judged_library(tmp_path)
    opened = open_services(load(_environment(tmp_path)))
    manage.set_built_in(opened, str(tmp_path / "sorted"), "copy")
    return opened


def _environment(folder: Path) -> dict[str, str]:
    return {"ORGANISER_HOME": str(folder / "home"), "ORGANISER_DETECTOR": "drawn"}


def _other(folder: Path, script: str, *before: str) -> "subprocess.CompletedProcess[str]":
    """Run another process at the same home."""
    command = [*before, sys.executable, "-c", _opening(folder) + script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _opening(folder: Path) -> str:
    imports = "from organiser.bootstrap import open_services\nfrom organiser.settings.reading import load\n"
    return f"{imports}services = open_services(load({_environment(folder)!r}))\n"


_AHEAD = f"import dataclasses, time\nservices = dataclasses.replace(services, clock=lambda: time.time() + {AHEAD_S})\n"
_SYNC = "from organiser.jobs.collections import manage\nprint(manage.sync_all(services).counts['placed'])\n"


def _placed(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "sorted").rglob("*.*g"))


def test_a_process_in_another_container_does_not_take_the_lock_of_a_living_one(
    services: Services, tmp_path: Path
) -> None:
    with placing(services) as mine:
        assert mine
        ran = _other(tmp_path, _SYNC, *apart("--pid", "--fork", "--mount-proc"))
        assert "Busy: another process is filling the collections" in ran.stderr
        assert _placed(tmp_path) == []
        kept(services)
    ran = _other(tmp_path, _SYNC, *apart("--pid", "--fork", "--mount-proc"))
    assert ran.stdout == "2\n", ran.stderr


def test_of_a_process_in_another_container_nobody_says_whether_it_lives(services: Services, tmp_path: Path) -> None:
    ran = _other(tmp_path, "print(services.owner())", *apart("--pid", "--fork", "--mount-proc"))
    theirs = ran.stdout.strip()
    assert not is_dead(theirs)
    assert not is_alive(theirs)
    assert is_alive(services.owner())


def test_a_process_whose_clock_is_hours_ahead_takes_over_and_the_older_one_writes_nothing_more(
    services: Services, tmp_path: Path
) -> None:
    with reading(services.engine) as tx:
        happy = saved.get(tx, "happy")
    assert happy is not None
    with placing(services) as mine:
        assert mine
        renew = kept(services)
        ran = _other(tmp_path, _AHEAD + _SYNC)
        assert ran.stdout == "2\n", ran.stderr
        before = _placed(tmp_path)
        with pytest.raises(Busy, match="took over"):
            renew("built")
        done = sync(services, replace(happy, collection=replace(happy.collection, layout="moved/{name}")), 1)
        assert "took over" in done.notes[0]
    assert _placed(tmp_path) == before
    assert not list((tmp_path / "sorted").rglob("moved"))


_AT_WORK = """
from organiser.jobs.collections.lock import kept, placing
with placing(services) as mine:
    renew = kept(services)
    print("at work", flush=True)
    while True:
        renew("built")
"""


def test_a_process_that_was_stopped_while_another_took_over_writes_nothing_more(
    services: Services, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", _opening(tmp_path) + _AT_WORK]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as stopped:
        assert stopped.stdout is not None
        assert stopped.stdout.readline() == "at work\n"
        stopped.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, stopped.pid, os.WSTOPPED)
        ran = _other(tmp_path, _AHEAD + _SYNC)
        assert ran.stdout == "2\n", ran.stderr
        stopped.send_signal(signal.SIGCONT)
        _, errors = stopped.communicate(timeout=60)
    assert "Busy: another process took over" in errors
