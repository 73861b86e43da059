"""Watching as a use case: what the watcher hints at becomes scan messages, whoever does them.

Hints only say where to look; the scan is the one path by which anything enters the index. A hint is noted in the index
before its message is sent: messages may be lost.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from organiser.core.library.folders import is_within
from organiser.core.photo import RootId
from organiser.errors import Transient
from organiser.files.watch.changes import Change, ChangeReason, RootWatch, WatchMode, WatchOptions
from organiser.files.watch.watcher import Watcher
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.tables import roots, runs
from organiser.index.work import pauses, scan_requests
from organiser.jobs.drivers.local import LocalRunner
from organiser.jobs.messages import Message, ScanRoot
from organiser.jobs.services import Services
from organiser.jobs.steps import follow_ups, pending, sweep
from organiser.jobs.steps.recover import recover_all

log = logging.getLogger(__name__)

_POLL_S = 2.0
_AGAIN_S = 5.0
_DUE_S = 15.0
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0

Submit = Callable[[Sequence[Message]], None]
"""Has messages done: by putting them into a queue, or here and now."""


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """How roots are watched; paths are absolute and the index's own.

    Attributes:
        only: folders whose roots are watched, those in them too; none means every root of the index.
        poll, events: roots watched that way whatever their file system.
        in_queue: scans of whole roots are runs that a queue works on.
    """

    options: WatchOptions = field(default_factory=WatchOptions)
    only: tuple[str, ...] = ()
    poll: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    in_queue: bool = True


@dataclass
class Watching:
    """Watches until stopped; `stop` may be set from a signal handler or another thread."""

    services: Services
    plan: WatchPlan
    submit: Submit
    stop: threading.Event = field(default_factory=threading.Event)
    _paused: frozenset[str] = field(default=frozenset(), init=False)
    _checked: float = field(default=0.0, init=False)

    def run(self) -> None:
        """Watch until stopped; after the index was away begin anew, with a whole scan of every root."""
        while not self.stop.is_set():
            try:
                self._watch()
            except Transient as error:
                log.warning(str(error))
                self.stop.wait(_AGAIN_S)

    def _watch(self) -> None:
        """Watch, submit, and follow the roots that people add and remove meanwhile."""
        notes: dict[RootId, str] = {}
        with Watcher(self._roots(), self.plan.options) as watcher:
            while not self.stop.is_set():
                change = watcher.take(_POLL_S)
                if change is not None:
                    self.submit(self._asked(change))
                elif not self.plan.in_queue:
                    self._catch_up()
                watcher.follow(self._roots())
                for root_id, state in watcher.states().items():
                    if state.note and notes.get(root_id) != state.note:
                        log.warning(state.note, extra={"fields": {"root": root_id}})
                    notes[root_id] = state.note

    def _roots(self) -> list[RootWatch]:
        with reading(self.services.engine) as tx:
            known = roots.every(tx)
        chosen = [
            root for root in known if not self.plan.only or any(is_within(path, root.path) for path in self.plan.only)
        ]
        return [
            RootWatch(root.id, self.services.here(root.path), self.services.rules, self._mode(root.path))
            for root in chosen
        ]

    def _mode(self, path: str) -> WatchMode:
        if path in self.plan.poll:
            return WatchMode.POLL
        return WatchMode.EVENTS if path in self.plan.events else WatchMode.AUTO

    def _catch_up(self) -> None:
        """Have done what is asked for still, which was paused or whose process ended; a queue is looked after by others."""
        with reading(self.services.engine) as tx:
            paused, before = frozenset(pauses.paused_steps(tx)), self._paused
        self._paused = paused
        scans = sweep.all_requested(self.services)
        if scans or before - paused or follow_ups.placing_requested(self.services) or self._is_due():
            self.submit(scans)

    def _is_due(self) -> bool:
        """Say now and then whether the index knows of work: to be tried again, or paused and resumed unseen."""
        if self.services.clock() - self._checked < _DUE_S:
            return False
        self._checked = self.services.clock()
        return pending.is_due(self.services)

    def _asked(self, change: Change) -> list[Message]:
        """Ask for the scan that a change means, and return its message; none when the root was removed just now."""
        root_id, scope, now = change.root.root_id, change.scope, self.services.clock()
        with writing(self.services.engine) as tx:
            if roots.get(tx, root_id) is None:
                return []
            run_id = self._start_run(tx, change) if scope.whole and self.plan.in_queue else None
            token = scan_requests.request_scan(tx, root_id, scope, now, run_id, change.quiet)
        return [self._message(change, run_id, token)]

    def _message(self, change: Change, run_id: int | None, token: str) -> ScanRoot:
        return ScanRoot(
            root_id=change.root.root_id,
            trees=tuple(sorted(change.scope.trees)),
            directories=tuple(sorted(change.scope.directories)),
            run_id=run_id,
            fresh=change.reason is ChangeReason.EVENTS,
            unsettled=tuple(sorted(change.unsettled)),
            quiet=change.quiet,
            asked=True,
            token=token,
        )

    def _start_run(self, tx: Transaction, change: Change) -> int:
        """Open a run for the scan of a whole root."""
        arguments = {"root": ascii(change.root.path), "reason": str(change.reason), runs.QUEUED: True}
        return runs.start(tx, "scan", "watch", arguments, self.services.clock())


def patiently(submit: Submit, stop: threading.Event) -> Submit:
    """Return a `submit` that tries again while the queue is away; meanwhile changes are merged, none is lost."""

    def insist(messages: Sequence[Message]) -> None:
        wait = _FIRST_WAIT_S
        while not stop.is_set():
            try:
                submit(messages)
            except Transient as error:
                log.warning(str(error))
                stop.wait(wait)
                wait = min(2 * wait, _LONGEST_WAIT_S)
            else:
                return

    return insist


def do_here(services: Services, runner: LocalRunner, stop: threading.Event, messages: Sequence[Message]) -> None:
    """Do messages in this process's own children, with whatever else is due."""
    done: Counter[str] = Counter()
    for work in ([*messages, *recover_all(services)], pending.all_due(services)):
        counts: Counter[str] = Counter()
        for progress in runner.run(work):
            counts = Counter(progress.counts)
            if stop.is_set():
                return
        done += counts
    for note in runner.notes:
        log.warning(note, extra={"fields": {"job": "watch"}})
    runner.notes.clear()
    model = services.model().bundle.manifest.model if done["judged"] else None
    log.info("done", extra={"fields": {"job": "watch", "model": model} | done})
