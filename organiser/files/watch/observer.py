"""Systems without inotify (macOS): one root's hints from watchdog's own recursive observer.

Its watch is one subscription in the kernel whatever the number of folders, so nothing needs to be pruned; what happens
in ignored folders is left out by the walk that follows a hint.
"""

import os
import queue
from collections.abc import Iterator, Sequence

from watchdog.events import (
    EVENT_TYPE_CLOSED,
    EVENT_TYPE_CREATED,
    EVENT_TYPE_DELETED,
    EVENT_TYPE_MODIFIED,
    EVENT_TYPE_MOVED,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from organiser.files.ignore import Rules
from organiser.files.names import is_junk
from organiser.files.watch.hints import Hint, HintKind, WatchFailedError, file_hint

_FILE = {
    EVENT_TYPE_CREATED: HintKind.TOUCHED,
    EVENT_TYPE_MODIFIED: HintKind.TOUCHED,
    EVENT_TYPE_CLOSED: HintKind.FINISHED,
    EVENT_TYPE_DELETED: HintKind.GONE,
}
_FOLDER = {EVENT_TYPE_CREATED: HintKind.FOLDER_MADE, EVENT_TYPE_DELETED: HintKind.FOLDER_GONE}


class ObserverSource(FileSystemEventHandler):
    """Hints of one root; see :class:`organiser.files.watch.hints.Source`.

    Args:
        observer: which of watchdog's observers tells; the system's own if none is given.
    """

    def __init__(self, root: str, rules: Rules, observer: BaseObserver | None = None) -> None:
        # FSEvents speaks of real paths only.
        self._root = os.path.realpath(root)
        self._rules = rules
        self._events: queue.SimpleQueue[FileSystemEvent | None] = queue.SimpleQueue()
        self._observer = observer or Observer()

    @property
    def folders(self) -> int:
        return 1 if self._observer.is_alive() else 0

    def start(self) -> None:
        self._observer.schedule(self, self._root, recursive=True)
        self._observer.start()

    def stop(self) -> None:
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def wake(self) -> None:
        self._events.put(None)

    def refresh(self, relpath: str) -> None:
        """Nothing to do: the subscription covers every folder."""

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Take an event in watchdog's thread."""
        self._events.put(event)

    def wait(self, timeout: float) -> Sequence[Hint]:
        hints: dict[Hint, None] = {}
        alive = self._alive()
        try:
            event = self._events.get(timeout=max(0.0, timeout) if alive else 0.0)
            while True:
                if event is not None:
                    hints.update(dict.fromkeys(self._told(event)))
                event = self._events.get_nowait()
        except queue.Empty:
            if not hints and not alive:
                raise WatchFailedError("the observer of file system events ended") from None
            return list(hints)

    def _alive(self) -> bool:
        return self._observer.is_alive() and all(emitter.is_alive() for emitter in self._observer.emitters)

    def _told(self, event: FileSystemEvent) -> Iterator[Hint]:
        source, target = self._relpath(event.src_path), self._relpath(event.dest_path)
        if source == "" and event.event_type in (EVENT_TYPE_DELETED, EVENT_TYPE_MOVED):
            yield Hint(HintKind.LOST)
        elif event.event_type == EVENT_TYPE_MOVED:
            yield from self._hint(HintKind.FOLDER_GONE if event.is_directory else HintKind.GONE, source, event)
            yield from self._hint(HintKind.FOLDER_CAME if event.is_directory else HintKind.FINISHED, target, event)
        elif kind := (_FOLDER if event.is_directory else _FILE).get(event.event_type):
            yield from self._hint(kind, source, event)

    def _hint(self, kind: HintKind, relpath: str | None, event: FileSystemEvent) -> Iterator[Hint]:
        if not relpath or any(is_junk(name) for name in relpath.split("/")[:-1]):
            return
        if not event.is_directory:
            hint = file_hint(kind, relpath, self._rules.extensions)
            if hint is not None:
                yield hint
        elif not is_junk(relpath.rpartition("/")[2]):
            yield Hint(kind, relpath)

    def _relpath(self, path: str | bytes) -> str | None:
        """Return `path` relative to the root ('' for the root itself), or None if it lies elsewhere."""
        name = os.fsdecode(path)
        if name == self._root:
            return ""
        prefix = os.path.join(self._root, "")
        return name[len(prefix) :] if name.startswith(prefix) else None
