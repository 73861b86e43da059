"""Linux: one root's hints from inotify. Works with watchdog 7.1, whose internals it builds on, and no other version.

watchdog's own recursive watch prunes nothing, keeps a queue overflow to itself, swallows the lack of watches below the
root and takes a thread per watch. So only its lowest part is used, the thread that reads one inotify instance, with one
callback per watched folder: ignored folders never get a watch, and overflow and lack of watches are told. The reader
only queues events; everything else happens in the thread that calls `wait`. Folders that move are watched anew under
their new name, which spares the pairing of moves.
"""

import errno
import os
import queue
from collections.abc import Iterator, Sequence

from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchDescriptor,
)

from organiser.files.ignore import Rules
from organiser.files.names import is_junk
from organiser.files.walk import folders
from organiser.files.watch.hints import Hint, HintKind, NoWatchesError, WatchFailedError, file_hint

_IN = InotifyConstants
_COME = _IN.IN_CREATE | _IN.IN_MOVED_TO
_GO = _IN.IN_DELETE | _IN.IN_MOVED_FROM
_FINISH = _IN.IN_CLOSE_WRITE | _IN.IN_MOVED_TO
_ROOT_GOES = _IN.IN_DELETE_SELF | _IN.IN_MOVE_SELF
# No IN_MODIFY: a file being written is looked at again until it stays as it is, and floods the queue no less.
_FOLDER = Mask(_COME | _GO | _FINISH | _IN.IN_ONLYDIR | _IN.IN_EXCL_UNLINK | _IN.IN_DONT_FOLLOW)
_ROOT = Mask((_FOLDER | _ROOT_GOES) & ~_IN.IN_DONT_FOLLOW)


class _Overflow:
    """The kernel's queue was full."""


class _Wake:
    """Somebody wants `wait` to return."""


class _WatchedFolder:
    """A folder and its watch; as watchdog's callback it passes on what the reading thread meets."""

    __slots__ = ("_queue", "relpath", "wd")

    def __init__(self, relpath: str, events: "_Queue") -> None:
        self.relpath = relpath
        self.wd = WatchDescriptor(-1)
        self._queue = events

    @property
    def id(self) -> CallbackId:
        return CallbackId(id(self))

    def on_event(self, event: InotifyEvent) -> None:
        self._queue.put((self, event))

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:  # noqa: ARG002 watchdog's protocol
        self._queue.put((self, None))

    def on_queue_overflow(self) -> None:
        self._queue.put(_Overflow())


_Queue = queue.SimpleQueue[tuple[_WatchedFolder, InotifyEvent | None] | _Overflow | _Wake | WatchFailedError]


class _Reader(InotifyFD):
    """watchdog's reading thread, which here does not die in silence."""

    def __init__(self, events: _Queue) -> None:
        super().__init__()
        self._events = events

    def run(self) -> None:
        try:
            super().run()
        except Exception as error:  # noqa: BLE001 whatever ends the thread is handed to the one that waits
            # Otherwise closing would leave it to this thread to free the descriptors.
            self._is_reading = False
            self._events.put(WatchFailedError(f"reading file system events failed: {error}"))


class InotifySource:
    """Hints of one root; see :class:`organiser.files.watch.hints.Source`."""

    def __init__(self, root: str, rules: Rules) -> None:
        self._root = root
        self._rules = rules
        self._events: _Queue = queue.SimpleQueue()
        self._reader: _Reader | None = None
        self._watched: dict[str, _WatchedFolder] = {}

    @property
    def folders(self) -> int:
        return len(self._watched)

    def start(self) -> None:
        try:
            self._reader = _Reader(self._events)
        except OSError as error:
            if error.errno == errno.EMFILE:
                raise NoWatchesError(_advice("max_user_instances")) from error
            raise
        self._reader.start()
        self._watch_below("")

    def stop(self) -> None:
        if self._reader is not None:
            self._reader.stop()
            self._reader.join()
            self._reader = None
        self._watched.clear()

    def wake(self) -> None:
        self._events.put(_Wake())

    def refresh(self, relpath: str) -> None:
        self._unwatch_below(relpath)
        self._watch_below(relpath)

    def wait(self, timeout: float) -> Sequence[Hint]:
        hints: dict[Hint, None] = {}
        try:
            item = self._events.get(timeout=max(0.0, timeout))
            while True:
                if isinstance(item, WatchFailedError):
                    raise item
                if isinstance(item, _Overflow):
                    hints[Hint(HintKind.LOST)] = None
                elif not isinstance(item, _Wake):
                    hints.update(dict.fromkeys(self._told(*item)))
                item = self._events.get_nowait()
        except queue.Empty:
            return list(hints)

    def _told(self, folder: _WatchedFolder, event: InotifyEvent | None) -> Iterator[Hint]:
        """Translate one event, following folders that come and go with watches."""
        if self._watched.get(folder.relpath) is not folder:
            return
        if event is None:
            del self._watched[folder.relpath]
            return
        if event.mask & (_ROOT_GOES | _IN.IN_UNMOUNT):
            yield Hint(HintKind.LOST)
            return
        name = os.fsdecode(event.name)
        relpath = f"{folder.relpath}/{name}" if folder.relpath else name
        if event.mask & _IN.IN_ISDIR:
            yield from self._folder_told(relpath, event.mask)
        elif event.mask & (_COME | _GO | _FINISH):
            hint = file_hint(_file_kind(event.mask), relpath, self._rules.extensions)
            if hint is not None:
                yield hint

    def _folder_told(self, relpath: str, mask: int) -> Iterator[Hint]:
        if is_junk(relpath.rpartition("/")[2]):
            return
        self._unwatch_below(relpath)
        if mask & _GO:
            yield Hint(HintKind.FOLDER_GONE, relpath)
            return
        self._watch_below(relpath)
        yield Hint(HintKind.FOLDER_MADE if mask & _IN.IN_CREATE else HintKind.FOLDER_CAME, relpath)

    def _watch_below(self, start: str) -> None:
        for relpath in folders(self._root, self._rules, start):
            if relpath not in self._watched:
                self._watch(relpath)

    def _watch(self, relpath: str) -> None:
        assert self._reader is not None
        folder = _WatchedFolder(relpath, self._events)
        path = os.fsencode(os.path.join(self._root, relpath) if relpath else self._root)
        try:
            folder.wd = self._reader.add_callback(path, _FOLDER if relpath else _ROOT, folder, folder.id)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise NoWatchesError(_advice("max_user_watches")) from error
            # Vanished or turned into something else meanwhile: its parent tells.
            return
        if folder.wd == -1:
            # watchdog 7.1 takes a folder that may not be read for watched; a walk reports it as unreadable.
            self._reader.remove_callbacks([(folder.wd, folder.id)])
            return
        self._watched[relpath] = folder

    def _unwatch_below(self, start: str) -> None:
        assert self._reader is not None
        prefix = start + "/" if start else ""
        leaving = [folder for path, folder in self._watched.items() if path == start or path.startswith(prefix)]
        self._reader.remove_callbacks([(folder.wd, folder.id) for folder in leaving])
        for folder in leaving:
            del self._watched[folder.relpath]


def _file_kind(mask: int) -> HintKind:
    if mask & _GO:
        return HintKind.GONE
    return HintKind.FINISHED if mask & _FINISH else HintKind.TOUCHED


def _advice(setting: str) -> str:
    """Say which limit is reached and the exact command that doubles it."""
    name = f"fs.inotify.{setting}"
    try:
        with open(f"/proc/sys/fs/inotify/{setting}", encoding="ascii") as file:
            limit = int(file.read())
    except (OSError, ValueError):
        limit = 0
    more = max(2 * limit, 1024 if setting == "max_user_instances" else 524288)
    return f"the limit {name}={limit} is reached; raise it with: sudo sysctl {name}={more}"
