"""Looking after the queue, every half minute: what dead workers held, what the queue lost, which runs have ended.

The index is the truth and the queue a hint: when the queue runs low, or the broker was wiped, the index is asked.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from organiser.index.db.engine import reading, writing
from organiser.index.tables import runs
from organiser.index.views import throughput
from organiser.index.work import pauses, scan_requests
from organiser.jobs.messages import Message, Sweep
from organiser.jobs.owners import is_dead
from organiser.jobs.services import Services
from organiser.jobs.steps import follow_ups, pending, sweep
from organiser.jobs.steps.handle import handle
from organiser.jobs.steps.recover import recover_all
from organiser.workers.app import FRESH
from organiser.workers.dispatch import CeleryDispatcher, Filled

log = logging.getLogger(__name__)

_FORGOTTEN_S = 86_400.0
_LOW = 16
"""With fewer bulk messages than this waiting, the index is asked whether there is more."""


def maintain(services: Services, dispatcher: CeleryDispatcher) -> None:
    """Do what is necessary just now.

    Raises:
        Transient: index or broker are gone; the next time will do.
    """
    dispatcher.drop_retired()
    dispatcher.submit(first(recover_all(services)))
    _forget_dead_workers(services)
    if dispatcher.waiting() < _least(services, dispatcher.filled()):
        _refill(services, dispatcher)
    _ask_again(services, dispatcher)
    if dispatcher.idle():
        _end_runs(services)


def first(recovered: Iterable[Message]) -> list[Message]:
    """Return recovered messages as fresh ones: soon taken, so that the next recovery does not find the same again."""
    return [replace(message, fresh=True) for message in recovered]


def submit_some(services: Services, dispatcher: CeleryDispatcher, messages: Sequence[Message]) -> None:
    """Queue follow-ups, at most a window of them: what is left out is due, and asked for when the queue runs low.

    Raises:
        Transient: the broker cannot be reached.
    """
    window = services.jobs.window
    dispatcher.submit(messages[:window])
    if len(messages) > window:
        dispatcher.mark(Filled.PART)


def _forget_dead_workers(services: Services) -> None:
    """Forget workers that were killed and could not sign off."""
    now = services.clock()
    with reading(services.engine) as tx:
        heartbeats = throughput.workers(tx)
    gone = [
        heartbeat.name
        for heartbeat in heartbeats
        if is_dead(f"{heartbeat.host}:{heartbeat.pid}") or now - heartbeat.at > _FORGOTTEN_S
    ]
    if gone:
        with writing(services.engine) as tx:
            for name in gone:
                throughput.forget_worker(tx, name)


def _least(services: Services, filled: Filled) -> float:
    """Return how few bulk messages may wait before the index is asked: any number when the broker was wiped."""
    match filled:
        case Filled.NOT:
            return float("inf")
        case Filled.PART:
            return max(services.jobs.window / 4, _LOW)
        case Filled.WHOLE:
            return _LOW


def _refill(services: Services, dispatcher: CeleryDispatcher) -> None:
    with reading(services.engine) as tx:
        halted = pauses.halted(tx)
    if not halted:
        outcome = handle(services, Sweep())
        dispatcher.submit(outcome.messages)
        if outcome.messages or outcome.counts:
            log.info("swept", extra={"fields": {"job": "sweep", "queued": len(outcome.messages)} | outcome.counts})
        dispatcher.mark(Filled.PART if len(outcome.messages) >= services.jobs.window else Filled.WHOLE)


def _ask_again(services: Services, dispatcher: CeleryDispatcher) -> None:
    """Queue what is asked for and that nobody is at, where no message waits that may be about it."""
    lengths = dispatcher.lengths()
    if not lengths["scan"] and not lengths["scan" + FRESH]:
        dispatcher.submit(sweep.all_requested(services))
    if not lengths["place"]:
        dispatcher.submit(follow_ups.placing_requested(services))


def _end_runs(services: Services) -> None:
    """End the queued runs when nothing waits, nobody works and nothing is due, and those that were cancelled."""
    with reading(services.engine) as tx:
        going = runs.queued(tx)
    done = bool(going) and not _is_work_left(services)
    ending = [run for run in going if done or run.cancelled]
    if ending:
        with writing(services.engine) as tx:
            for run in ending:
                runs.finish(tx, run.id, services.clock())


def _is_work_left(services: Services) -> bool:
    with reading(services.engine) as tx:
        asked = scan_requests.any_scan(tx) or (scan_requests.placing(tx) and not pauses.stopped(tx, "place"))
    return asked or pending.is_due(services, paused=True)
