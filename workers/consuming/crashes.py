"""What a pool's process was doing when it crashed: its Python stack, written by the dying process itself.

One file a process below the organiser's home, read once by the parent, gone with it. Hosts may share a home, and
containers count their processes alike, so a worker's folder is named after both. It is a help, never a need.
"""

import faulthandler
import logging
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from organiser.jobs.owners import is_dead
from organiser.workers.consuming.lifecycle import owner_of

log = logging.getLogger(__name__)

_MOST_LINES = 12
_FORGOTTEN_S = 30 * 86_400.0
"""A folder of another host that nobody wrote into for so long; a worker that lives nevertheless makes it again."""

_OPEN: list[TextIO] = []


@dataclass(frozen=True, slots=True)
class CrashNotes:
    """The crash files of one worker's processes."""

    folder: Path

    @classmethod
    def begin(cls, home: Path) -> "CrashNotes":
        """Make the folder of this worker, and sweep up those of workers that were killed."""
        top = home / "crashes"
        top.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in top.iterdir():
            if is_dead(old.name) or _age(old) > _FORGOTTEN_S:
                shutil.rmtree(old, ignore_errors=True)
        folder = top / owner_of(os.getpid())
        folder.mkdir(mode=0o700, exist_ok=True)
        return cls(folder)

    def keep(self) -> None:
        """Have this process write its stack should a signal end it."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = (self.folder / str(os.getpid())).open("w", encoding="utf-8")
        except OSError as error:
            log.warning("no crash file", extra={"fields": {"reason": str(error)}})
            return
        _OPEN.append(file)  # faulthandler needs it open as long as the process lives
        faulthandler.enable(file, all_threads=False)

    def excerpt(self, pid: int) -> str:
        """Return what a dead process left, most recent call first, and forget it; '' when it left nothing."""
        path = self.folder / str(pid)
        try:
            lines = path.read_text("utf-8", "replace").splitlines()
            path.unlink()
        except OSError:
            return ""
        return "\n".join(lines[:_MOST_LINES])

    def end(self) -> None:
        """Remove what is left."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _age(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return 0.0
