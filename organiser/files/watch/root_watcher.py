"""Watching one root: from its source to the outbox, whatever happens to root and source.

Each root has its own thread, so that one on a hanging network share holds up nobody else. The thread is a loop over
sessions: a session ends when the root is not the same folder any more, when the source fails or when it is time to go.
"""

import logging
import os
import stat
import threading
import time
from collections.abc import Sequence

from organiser.core.library.reconcile import WHOLE
from organiser.files.filesystem import reaches_network
from organiser.files.watch.changes import (
    Change,
    ChangeReason,
    Outbox,
    RootState,
    RootWatch,
    Watching,
    WatchMode,
    WatchOptions,
)
from organiser.files.watch.hints import Hint, HintKind, NoWatchesError, Source
from organiser.files.watch.pending_changes import PendingChanges
from organiser.files.watch.poll import PollingSource

log = logging.getLogger(__name__)


def event_source(root: RootWatch) -> Source:
    """Return the source of events of this system."""
    # Imported here because the first cannot be imported where there is no inotify.
    if os.path.exists("/proc/sys/fs/inotify"):
        from organiser.files.watch.inotify import InotifySource  # noqa: PLC0415

        return InotifySource(root.path, root.rules)
    from organiser.files.watch.observer import ObserverSource  # noqa: PLC0415

    return ObserverSource(root.path, root.rules)


class RootWatcher(threading.Thread):
    """The thread that watches one root and puts what it learns into the outbox."""

    def __init__(self, root: RootWatch, options: WatchOptions, outbox: Outbox) -> None:
        super().__init__(name=f"watch {root.root_id}", daemon=True)
        self.root = root
        self._options = options
        self._outbox = outbox
        self._stopping = threading.Event()
        self._source: Source | None = None
        self._watching = Watching.STARTING
        self._note = ""
        self.unsettled: frozenset[str] = frozenset()
        """The files that may still be being written; for any thread to read."""

    @property
    def state(self) -> RootState:
        """How the root is watched just now; for any thread."""
        source = self._source
        return RootState(self._watching, source.folders if source else 0, self._note)

    def stop(self) -> None:
        """Ask the thread to end; for any thread."""
        self._stopping.set()
        if source := self._source:
            source.wake()

    def run(self) -> None:
        """Watch until stopped."""
        reason = ChangeReason.STARTED
        while not self._stopping.is_set():
            identity = _identity(self.root.path)
            if identity is None:
                self._wait_for_root()
                reason = ChangeReason.BACK
                continue
            try:
                reason = self._session(identity, reason)
            except NoWatchesError as error:
                # In the state, where whoever watches can say it once.
                self._note = f"{self.root.path} is polled: {error}"
                reason = ChangeReason.POLLED
            except Exception:
                log.exception("watching %s failed, trying again", self.root.path)
                reason = ChangeReason.RESTARTED
                self._stopping.wait(self._options.health)

    def _wait_for_root(self) -> None:
        self._watching = Watching.OFFLINE
        self._suspect_all(ChangeReason.GONE)
        while _identity(self.root.path) is None and not self._stopping.wait(self._options.health):
            pass

    def _session(self, identity: tuple[int, int], reason: ChangeReason) -> ChangeReason:
        """Watch while the root stays the folder it is; return why the next session begins."""
        self._source = source = self._choose()
        pending = PendingChanges(self.root, self._options, source.refresh)
        check_at = time.monotonic() + self._options.health
        reconcile_at = time.monotonic() + self._options.reconcile
        try:
            source.start()
            # Only now: what was before, the scan sees; what comes after, the source tells.
            self._suspect_all(reason)
            while not self._stopping.is_set():
                until = min(check_at, reconcile_at, pending.next_due or check_at)
                hints = source.wait(until - time.monotonic())
                now = time.monotonic()
                lost = self._pass_on(hints, pending, now)
                if lost or now >= check_at:
                    check_at = now + self._options.health
                    if _identity(self.root.path) != identity:
                        return ChangeReason.BACK
                if lost or now >= reconcile_at:
                    reconcile_at = now + self._options.reconcile
                    source.refresh("")
                    self._suspect_all(ChangeReason.OVERFLOW if lost else ChangeReason.PERIODIC)
            return reason
        finally:
            self._source = None
            self.unsettled = frozenset()
            source.stop()

    def _choose(self) -> Source:
        mode = self.root.mode
        poll = reaches_network(self.root.path) if mode is WatchMode.AUTO else mode is WatchMode.POLL
        if poll or self._note:
            self._watching = Watching.POLLING
            return PollingSource(self.root.path, self.root.rules, self._options.poll)
        self._watching = Watching.EVENTS
        return event_source(self.root)

    def _pass_on(self, hints: Sequence[Hint], pending: PendingChanges, now: float) -> bool:
        """Handle the hints and hand on what is ripe; return whether the source lost events."""
        for hint in hints:
            pending.handle(hint)
        pending.settle(now)
        self.unsettled = pending.unsettled
        scope = pending.take(now)
        if scope is not None:
            self._outbox.put(Change(self.root, scope, ChangeReason.EVENTS))
        return any(hint.kind is HintKind.LOST for hint in hints)

    def _suspect_all(self, reason: ChangeReason) -> None:
        self._outbox.put(Change(self.root, WHOLE, reason))


def _identity(path: str) -> tuple[int, int] | None:
    """Return what tells one folder at `path` from another mounted or put there later; None when there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None
