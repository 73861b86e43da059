"""What watching asks for and yields: roots to watch, and the parts of them that a scan should look at now."""

import threading
from dataclasses import dataclass
from enum import StrEnum

from organiser.core.library.reconcile import Scope
from organiser.core.photo import RootId
from organiser.files.ignore import PICTURES, Rules


class WatchMode(StrEnum):
    """How a root is watched; `AUTO` polls where a network file system is involved and trusts events elsewhere."""

    AUTO = "auto"
    EVENTS = "events"
    POLL = "poll"


@dataclass(frozen=True, slots=True)
class RootWatch:
    """A root to watch; `path` is where this host has it."""

    root_id: RootId
    path: str
    rules: Rules = PICTURES
    mode: WatchMode = WatchMode.AUTO


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Times, all in seconds.

    Attributes:
        settle: how long a file must have been quiet to be taken.
        poll: between two walks of a polled root, at least.
        reconcile: between two changes that cover a whole root, as a safety net.
        health: between two checks that a root is still the same folder.
        gather: how long the first sign of a change waits for more, so that both ends of a move come together.
        breather: between two changes of one root, at least.
    """

    settle: float = 2.0
    poll: float = 60.0
    reconcile: float = 3600.0
    health: float = 5.0
    gather: float = 0.15
    breather: float = 0.5


class ChangeReason(StrEnum):
    """Why a scan is asked for; all but `EVENTS` ask for the whole root."""

    EVENTS = "events"
    STARTED = "started"
    PERIODIC = "periodic"
    OVERFLOW = "overflow"
    GONE = "gone"
    BACK = "back"
    RESTARTED = "restarted"
    POLLED = "polled"


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a root that a scan should look at now.

    Attributes:
        unsettled: files that were still being written when the change was taken; the scan is to pass them over, another
            change follows.
        quiet: for the same reason the scan is to pass over what changed less than this many seconds ago and looks
            incomplete (:func:`organiser.files.complete.half_written`). 0 where no other change is sure to follow.
    """

    root: RootWatch
    scope: Scope
    reason: ChangeReason
    unsettled: frozenset[str] = frozenset()
    quiet: float = 0.0

    def merged(self, later: "Change") -> "Change":
        """Return one change that asks for both; the reason is that of the larger."""
        reason = self.reason if self.scope.whole and not later.scope.whole else later.reason
        return Change(later.root, (self.scope | later.scope).minimal(), reason)


class Watching(StrEnum):
    """What is being done about a root."""

    STARTING = "starting"
    EVENTS = "events"
    POLLING = "polling"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class RootState:
    """How a root is watched just now.

    Attributes:
        folders: how many folders are watched or polled.
        note: what a person should know, such as a limit to raise; or ''.
    """

    watching: Watching
    folders: int = 0
    note: str = ""


class Outbox:
    """Changes that nobody has taken yet, merged so that there is at most one a root. For any number of threads."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._changes: dict[RootId, Change] = {}
        self._closed = False

    def put(self, change: Change) -> None:
        """Add a change."""
        with self._ready:
            earlier = self._changes.get(change.root.root_id)
            self._changes[change.root.root_id] = earlier.merged(change) if earlier else change
            self._ready.notify()

    def take(self, timeout: float | None = None) -> Change | None:
        """Return the change that has waited longest, or None after `timeout` seconds or once closed."""
        with self._ready:
            self._ready.wait_for(lambda: self._changes or self._closed, timeout)
            if self._closed or not self._changes:
                return None
            return self._changes.pop(next(iter(self._changes)))

    def discard(self, root_id: RootId) -> None:
        """Forget what is known of a root."""
        with self._ready:
            self._changes.pop(root_id, None)

    def close(self) -> None:
        """Let everyone who waits go."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
