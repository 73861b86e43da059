"""Photos at the size of a screen: decoded from the original in a child process, kept, and else the kept thumbnail.

A picture that crashes its decoder takes the child with it, not the server; the child has a bound on its memory.
"""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Final

from pebble import ProcessExpired, ProcessPool

from organiser.core.photo import Failed, FailureKind, PhotoId
from organiser.index.db.engine import reading
from organiser.index.tables import roots
from organiser.index.views import placeable
from organiser.index.views.placeable import PresentFile
from organiser.jobs.rendered import RenderedPictures
from organiser.jobs.services import Services
from organiser.lifeline import end_with_parent, limit_memory
from organiser.vision.pipeline import use_one_thread
from organiser.vision.render import Rendered, render

log = logging.getLogger(__name__)

SIZES: Final = (640, 1024, 1600, 2400, 3840)
"""The longest sides that are made: a window that grows by a pixel does not ask for another picture."""

MOST_KEPT: Final = 512_000_000
_LONGEST_S: Final = 60.0
_PICTURES_A_CHILD: Final = 500


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why an original is not shown; `offline`: its folder, or the file, is not there now."""

    offline: bool
    reason: str


class Screen:
    """Makes pictures; at most `children` at a time.

    Args:
        keep: pictures may be kept for the next time.
    """

    def __init__(self, services: Services, *, keep: bool, children: int = 2) -> None:
        self._services = services
        self._kept = RenderedPictures(services.home, MOST_KEPT) if keep else None
        self._children = children
        self._pool: ProcessPool | None = None
        self._lock = threading.Lock()

    def picture(self, photo_id: PhotoId, wanted: int) -> bytes | Unseen:
        """Return the photo upright as JPEG, its longest side the next of SIZES to `wanted` pixels."""
        longest = next((size for size in SIZES if size >= wanted), SIZES[-1])
        with reading(self._services.engine) as tx:
            files = list(placeable.present_files(tx, [photo_id]))
            offline = {root.path: root.offline_reason for root in roots.every(tx) if root.offline_since is not None}
        there = [file for file in files if file.root not in offline]
        if not there:
            reason = next((offline[file.root] for file in files), None)
            return Unseen(offline=True, reason=reason or "no file of it is there")
        kept = None if self._kept is None else self._kept.get(there[0].digest, longest)
        return kept if kept is not None and self._any_there(there) else self._made(there, longest)

    def _any_there(self, files: Sequence[PresentFile]) -> bool:
        return any(os.path.exists(self._path(file)) for file in files)

    def _made(self, files: Sequence[PresentFile], longest: int) -> bytes | Unseen:
        unseen = Unseen(offline=True, reason="no file of it is there")
        for file in files:
            made = self._render(self._path(file), longest)
            if isinstance(made, Rendered):
                if (made.size, made.mtime_ns) == (file.size, file.mtime_ns):  # else the file is another by now
                    self._keep(file, longest, made.data)
                return made.data
            if made.kind is not FailureKind.VANISHED:
                unseen = Unseen(offline=False, reason=made.reason)
        return unseen

    def _keep(self, file: PresentFile, longest: int, data: bytes) -> None:
        if self._kept is None:
            return
        try:
            self._kept.put(file.digest, longest, data)
        except OSError as error:
            log.warning("a picture cannot be kept: %s", error)
            return
        with reading(self._services.engine) as tx:
            if not any(placeable.present_files(tx, [file.photo_id])):
                self._kept.drop(file.digest)  # forgotten in the meantime

    def _path(self, file: PresentFile) -> str:
        return self._services.here(f"{file.root.rstrip('/')}/{file.relpath}")

    def _render(self, path: str, longest: int) -> Rendered | Failed:
        detect = self._services.detect
        words = [path, longest, detect.max_bytes, detect.max_pixels]
        try:
            found = self._open().schedule(render, words, timeout=_LONGEST_S).result()
        except (ProcessExpired, BrokenProcessPool) as error:
            return Failed(FailureKind.CRASHED, f"reading it ended its process: {error}")
        except (FutureTimeout, CancelledError):
            return Failed(FailureKind.TIMED_OUT, "reading it took too long")
        assert isinstance(found, Rendered | Failed)
        return found

    def warm_up(self) -> None:
        """Start a child before the first picture is asked for."""
        self._open().schedule(use_one_thread)

    def _open(self) -> ProcessPool:
        with self._lock:
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                limit = self._services.jobs.memory
                self._pool = ProcessPool(
                    self._children, _PICTURES_A_CHILD, context=context, initializer=_begin, initargs=[limit]
                )
            return self._pool

    def close(self) -> None:
        """End the children."""
        with self._lock:
            if self._pool is not None:
                self._pool.stop()  # type: ignore[no-untyped-call]
                self._pool.join()


def _begin(limit: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides what Ctrl-C means
    parent = multiprocessing.parent_process()
    end_with_parent(lambda: os._exit(os.EX_TEMPFAIL), parent.pid if parent else None)
    use_one_thread()
    limit_memory(limit)
