"""Crash files in a home that several containers share: nobody sweeps up what another host's workers write."""

import os
import subprocess
import sys
from pathlib import Path

from organiser.workers.consuming.crashes import CrashNotes
from organiser.workers.consuming.lifecycle import owner_of


def _gone() -> int:
    """The process id of a process of this host that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_worker_left_is_swept_up_and_what_other_hosts_write_is_not(tmp_path: Path) -> None:
    gone = _gone()
    mine, theirs = tmp_path / "crashes" / owner_of(gone), tmp_path / "crashes" / f"elsewhere:{gone}"
    same_number = tmp_path / "crashes" / f"elsewhere:{os.getpid()}"
    for folder in (mine, theirs, same_number):
        folder.mkdir(parents=True)
        (folder / "7").write_text("a stack")
    notes = CrashNotes.begin(tmp_path)
    assert notes.folder not in (mine, theirs, same_number)
    assert (mine.exists(), theirs.exists(), same_number.exists()) == (False, True, True)
    notes.end()
    assert (same_number / "7").read_text() == "a stack"


def test_what_a_host_left_that_never_came_back_goes_after_a_month(tmp_path: Path) -> None:
    old = tmp_path / "crashes" / "elsewhere:7"
    old.mkdir(parents=True)
    os.utime(old, (1e9, 1e9))
    CrashNotes.begin(tmp_path).end()
    assert not old.exists()


def test_a_process_works_on_without_its_crash_file(tmp_path: Path) -> None:
    notes = CrashNotes.begin(tmp_path)
    notes.end()
    (tmp_path / "crashes").rmdir()
    (tmp_path / "crashes").write_text("in the way")
    code = (
        "import sys; from pathlib import Path; from organiser.workers.consuming.crashes import CrashNotes\n"
        "CrashNotes(Path(sys.argv[1])).keep(); print('works')"
    )
    ran = subprocess.run([sys.executable, "-c", code, notes.folder], capture_output=True, text=True, check=True)
    assert ran.stdout == "works\n"
    assert notes.excerpt(7) == ""
