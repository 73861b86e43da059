"""Watching roots: says which parts of them a scan should look at now, and nothing about what is there.

Events are hints; only the scan that follows decides. Watching may always be switched off, the periodic scans find the
same, later.
"""

from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType
from typing import Self

from organiser.core.photo import RootId
from organiser.files.watch.changes import Change, Outbox, RootState, RootWatch, WatchOptions
from organiser.files.watch.root_watcher import RootWatcher

_PATIENCE = 10.0
_OPTIONS = WatchOptions()


class Watcher:
    """Watches any number of roots until closed; each root begins with a change that covers all of it.

    Changes of one root that nobody takes are merged, so a slow taker loses nothing and is not flooded.
    """

    def __init__(self, roots: Iterable[RootWatch] = (), options: WatchOptions = _OPTIONS) -> None:
        self._options = options
        self._outbox = Outbox()
        self._watchers: dict[RootId, RootWatcher] = {}
        self.follow(roots)

    def follow(self, roots: Iterable[RootWatch]) -> None:
        """Watch exactly these roots from now on; those that stay the same are not disturbed."""
        wanted = {root.root_id: root for root in roots}
        leaving = [item for key, item in self._watchers.items() if wanted.get(key) != item.root]
        self._end(leaving)
        for root_watcher in leaving:
            del self._watchers[root_watcher.root.root_id]
            self._outbox.discard(root_watcher.root.root_id)
        for root_id, root in wanted.items():
            if root_id not in self._watchers:
                self._watchers[root_id] = watcher = RootWatcher(root, self._options, self._outbox)
                watcher.start()

    def take(self, timeout: float | None = None) -> Change | None:
        """Return the change that has waited longest, or None after `timeout` seconds or once closed."""
        change = self._outbox.take(timeout)
        watcher = change and self._watchers.get(change.root.root_id)
        if change is None or watcher is None:
            return change
        quiet = 0.0 if change.scope.whole else self._options.settle
        return replace(change, unsettled=watcher.unsettled, quiet=quiet)

    def states(self) -> dict[RootId, RootState]:
        """Return how each root is watched just now."""
        return {root_id: watcher.state for root_id, watcher in self._watchers.items()}

    def close(self) -> None:
        """Stop watching; a `take` in progress returns None. A thread stuck on a dead share is left to its fate."""
        self._outbox.close()
        self._end(self._watchers.values())

    @staticmethod
    def _end(watchers: Iterable[RootWatcher]) -> None:
        ending = list(watchers)
        for watcher in ending:
            watcher.stop()
        for watcher in ending:
            watcher.join(_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
