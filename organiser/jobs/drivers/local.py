"""The local dispatcher: runs handlers here and now, on all cores, in child processes that may die.

Owns the child processes and the order of work (follow-ups before new work, so that a chunk's files are still in the page
cache). A child that dies, by a native decoder's crash or a time limit, loses only its chunk, which is split and done again.
"""

import itertools
import multiprocessing
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from organiser.errors import Transient
from organiser.index.db.engine import writing
from organiser.index.work import leases
from organiser.jobs.collections.lock import Busy
from organiser.jobs.messages import Message
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.crashes import AfterCrash, after_crash
from organiser.jobs.steps.follow_ups import placing_requested
from organiser.jobs.steps.handle import handle
from organiser.jobs.steps.recover import recover
from organiser.jobs.steps.table import step_of
from organiser.lifeline import end_with_parent, limit_memory
from organiser.vision import pipeline

OpenServices = Callable[[], Services]
_PATIENCE_S = 300.0
_POLL_S = 0.25
_ENOUGH_WAITS = 16
_BREATH_S = 0.05
"""While so many messages a child wait, finding more makes way for the children, who write to the same index.

Until the first of them answers, it makes way for their start as soon as each has one waiting.
"""

_CHILD: dict[str, Services] = {}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: counts by word, photos done, and photos (or files) that wait or run."""

    counts: Counter[str]
    done: int
    remaining: int


class LocalRunner:
    """Runs messages and all that follows from them to the end.

    Args:
        services: this process's own, for recovery and for the steps that read no files of others.
        open_services: called in each child to build its services; must be picklable.
        workers: child processes.
        patience: factor on the seconds after which a child is taken for stuck.
    """

    def __init__(self, services: Services, open_services: OpenServices, workers: int, patience: float = 1.0) -> None:
        self.notes: list[str] = []
        self._services = services
        self._open_services = open_services
        self._workers = workers
        self._patience = patience
        self._numbers = itertools.count()
        self._crashes: Counter[Message] = Counter()
        self._running: dict[Future[Outcome], _Sent] = {}
        self._waiting: deque[Message] = deque()
        self._remaining = 0

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")  # networks loaded before a fork hang or crash in the child
        self._pool = ProcessPool(
            self._workers, context=context, initializer=_open_child, initargs=[self._open_services]
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the children; what they held when stopped early is given back without blame."""
        end = self._pool.stop if self._running else self._pool.close
        end()
        self._pool.join()
        if self._running:
            with writing(self._services.engine) as tx:
                for sent in self._running.values():
                    leases.release_of(tx, sent.owner)

    def run(
        self,
        messages: Iterable[Message],
        found: Iterable[Sequence[Message]] = (),
        due: Iterable[Message] = (),
        last: Message | None = None,
    ) -> Iterator[Progress]:
        """Do `messages` and what follows; yield after each message done. Stopping early leaves the rest due.

        Args:
            found: more work, found bit by bit in this process while the children do what was found before. What is more
                than may wait is let go: it stands in the index, and comes again with `due`.
            due: work that is asked for when there is nothing else to do.
            last: done when all else is; without it collections are brought in line then, if the index says so.
        """
        counts: Counter[str] = Counter()
        done = 0
        self._wait_for(messages)
        for message, outcome in self._outcomes(iter(found), iter(due)):
            done += max(_weight(message) - sum(map(_weight, outcome.messages)), 0)
            self._remaining -= _weight(message)
            self._wait_for(outcome.messages, first=True)
            counts.update(outcome.counts)
            self.notes.extend(outcome.notes)
            yield Progress(counts, done, self._remaining)
        for message in placing_requested(self._services) if last is None else (last,):
            outcome = do_patiently(self._services, message)
            counts.update(outcome.counts)
            self.notes.extend(outcome.notes)
            yield Progress(counts, done, self._remaining)

    def _wait_for(self, messages: Iterable[Message], *, first: bool = False) -> None:
        """Have messages wait their turn, before all others when `first`."""
        added = list(messages)
        self._remaining += sum(map(_weight, added))
        if first:
            self._waiting.extendleft(reversed(added))
        else:
            self._waiting.extend(added)

    def _outcomes(
        self, found: Iterator[Sequence[Message]], due: Iterator[Message]
    ) -> Iterator[tuple[Message, Outcome]]:
        """Do what waits, and what is put there meanwhile; yield each message with what came of it."""
        finding, heard = True, False
        while True:
            more, finding = self._more(found, due, finding=finding)
            if len(self._waiting) < self._services.jobs.window:
                self._wait_for(more)
            if not (finding or self._waiting or self._running):
                return
            while self._waiting and len(self._running) < 2 * self._workers:
                message = self._waiting.popleft()
                if step_of(message).isolated:
                    self._send(message)
                else:
                    yield message, self._do_here(message)
            calm = len(self._waiting) < (_ENOUGH_WAITS if heard else 1) * self._workers
            patience = None if not finding else 0.0 if calm else _BREATH_S
            for future in wait(self._running, timeout=patience, return_when=FIRST_COMPLETED).done:
                sent = self._running[future]
                outcome, heard = self._result(future, sent), True
                del self._running[future]
                yield sent.message, outcome

    def _more(
        self, found: Iterator[Sequence[Message]], due: Iterator[Message], *, finding: bool
    ) -> tuple[Sequence[Message], bool]:
        """Return what is to be done next, and whether more may be found."""
        if finding:
            batch = next(found, None)
            if batch is not None:
                return batch, True
        idle = not (self._waiting or self._running)
        return list(itertools.islice(due, self._services.jobs.window)) if idle else [], False

    def _send(self, message: Message) -> None:
        sent = _Sent(message, f"{self._services.owner()}:{next(self._numbers)}")
        limit = step_of(message).limit(message)
        timeout = None if limit is None else self._patience * limit
        self._running[self._pool.schedule(_run_child, [message, sent.owner], timeout=timeout)] = sent

    def _do_here(self, message: Message) -> Outcome:
        """Do a message in this process; what another one is at is asked for in the index still, and done at the end."""
        try:
            return handle(self._services, message)
        except Busy:
            return Outcome()

    def _result(self, future: Future[Outcome], sent: "_Sent") -> Outcome:
        """Return a child's outcome; when the child died or was stuck, what is to be done instead."""
        try:
            return future.result()
        except BrokenProcessPool as error:
            raise Transient("the processes that read photos do not start; what they said stands above") from error
        except (ProcessExpired, FutureTimeout, CancelledError) as error:
            return self._after_crash(sent, error)

    def _after_crash(self, sent: "_Sent", error: Exception) -> Outcome:
        self._crashes[sent.message] += 1
        match after_crash(sent.message, self._crashes[sent.message]):
            case AfterCrash.RECOVER:
                return Outcome(tuple(recover(self._services, sent.owner)))
            case AfterCrash.TRY_AGAIN:
                return Outcome((sent.message,))
            case AfterCrash.GIVE_UP:
                return Outcome(notes=(f"gave up on {sent.message}: {error}; the next scan tries again",))


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message in a child's hands, and the name under which its handler holds leases."""

    message: Message
    owner: str


def do_patiently(services: Services, message: Message) -> Outcome:
    """Do a message in this process; a fresh one, when another process fills the collections, once that has finished.

    What it saw may be older than what this message is about. When it takes too long, the outcome says so.
    """
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            return handle(services, message)
        except Busy:
            time.sleep(_POLL_S)
    return handle(services, replace(message, fresh=False))


def _weight(message: Message) -> int:
    return step_of(message).weight(message)


def _open_child(open_services: OpenServices) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    parent = multiprocessing.parent_process()
    end_with_parent(lambda: os._exit(os.EX_TEMPFAIL), parent.pid if parent else None)
    pipeline.use_one_thread()
    services = open_services()
    limit_memory(services.jobs.memory)
    _CHILD["services"] = services


def _run_child(message: Message, owner: str) -> Outcome:
    return handle(replace(_CHILD["services"], owner=lambda: owner), message)
