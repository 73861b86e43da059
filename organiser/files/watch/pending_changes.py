"""From hints to pending changes: which parts of one root a scan should look at, once the files in them have settled.

Looks at the disk only to see whether a file is still there, still growing or complete. Belongs to one thread.
"""

import os
import stat
import time
from collections.abc import Callable

from organiser.core.library.reconcile import Scope
from organiser.files.complete import looks_complete
from organiser.files.names import IGNORE_FILE
from organiser.files.walk import walk
from organiser.files.watch.changes import RootWatch, WatchOptions
from organiser.files.watch.hints import Hint, HintKind
from organiser.files.watch.settle import Settling


class PendingChanges:
    """The parts of a root that changed since they were last handed on.

    Args:
        refresh: called with a folder whose ignore rules changed, so that the source can follow.
    """

    def __init__(self, root: RootWatch, options: WatchOptions, refresh: Callable[[str], None]) -> None:
        self._root = root
        self._options = options
        self._refresh = refresh
        self._settling = Settling(options.settle)
        self._trees: set[str] = set()
        self._directories: set[str] = set()
        self._ready_at: float | None = None
        self._earliest = 0.0

    @property
    def unsettled(self) -> frozenset[str]:
        """The files that may still be being written."""
        return frozenset(self._settling)

    @property
    def next_due(self) -> float | None:
        """The monotonic time at which `settle` or `take` has something to do, or None if never."""
        return min((at for at in (self._settling.next_due, self._ready_at) if at is not None), default=None)

    def handle(self, hint: Hint) -> None:
        """Take a hint in."""
        match hint.kind:
            case HintKind.TOUCHED | HintKind.FINISHED:
                self._file_told(hint)
            case HintKind.GONE:
                self._drop(hint.relpath)
            case HintKind.FOLDER_GONE:
                self._settling.drop_below(hint.relpath)
                self._suspect(tree=hint.relpath)
            case HintKind.FOLDER_CAME:
                self._suspect(tree=hint.relpath)
            case HintKind.FOLDER_MADE:
                self._folder_made(hint.relpath)
            case HintKind.FOLDER_CHANGED:
                self._suspect(directory=hint.relpath)
                for file in hint.files:
                    self._settling.touched(file.relpath, file.size, file.mtime_ns, time.monotonic())
            case HintKind.RULES:
                self._refresh(hint.relpath)
                self._suspect(tree=hint.relpath)
            case HintKind.LOST:
                pass

    def settle(self, now: float) -> None:
        """Look again at the files whose quiet time is over."""
        for relpath in self._settling.due(now):
            try:
                status = os.stat(self._path(relpath))
            except OSError:
                self._drop(relpath)
                continue
            if not self._settling.observed(relpath, status.st_size, status.st_mtime_ns, now):
                continue
            folder, _, name = relpath.rpartition("/")
            if name == IGNORE_FILE:
                self.handle(Hint(HintKind.RULES, folder))
            else:
                self._suspect(directory=folder)

    def take(self, now: float) -> Scope | None:
        """Return what is in doubt, if there is anything and it is time to hand it on."""
        if self._ready_at is None or now < self._ready_at:
            return None
        scope = Scope(frozenset(self._trees), frozenset(self._directories)).minimal()
        self._trees.clear()
        self._directories.clear()
        self._ready_at = None
        self._earliest = now + self._options.breather
        return scope

    def _suspect(self, *, tree: str | None = None, directory: str | None = None) -> None:
        if tree is not None:
            self._trees.add(tree)
        if directory is not None:
            self._directories.add(directory)
        if self._ready_at is None:
            self._ready_at = max(time.monotonic() + self._options.gather, self._earliest)

    def _drop(self, relpath: str) -> None:
        """Nothing more is to be awaited of this file: it is complete, or gone."""
        self._settling.drop(relpath)
        self._suspect(directory=relpath.rpartition("/")[0])

    def _file_told(self, hint: Hint) -> None:
        try:
            status = os.stat(self._path(hint.relpath))
        except OSError:
            self._drop(hint.relpath)
            return
        if not stat.S_ISREG(status.st_mode):
            return
        if hint.kind is HintKind.FINISHED and looks_complete(self._path(hint.relpath)):
            self._drop(hint.relpath)
        else:
            self._settling.touched(hint.relpath, status.st_size, status.st_mtime_ns, time.monotonic())

    def _folder_made(self, relpath: str) -> None:
        """Whatever was put into a new folder before it was watched may still be being written."""
        for folder in walk(self._root.path, self._root.rules, Scope(trees=frozenset({relpath}))):
            for file in folder.files:
                self._settling.touched(file.relpath, file.size, file.mtime_ns, time.monotonic())

    def _path(self, relpath: str) -> str:
        return os.path.join(self._root.path, relpath)
