"""Control and sight of the service: pause, resume, cancel, and how things stand.

Every figure is counted from rows, never kept in a counter; what the broker says is a hint beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from organiser.errors import SettingsError, Transient
from organiser.index.db.engine import reading, writing
from organiser.index.tables import failures, roots, runs
from organiser.index.tables.roots import Root
from organiser.index.tables.runs import Run
from organiser.index.views import throughput
from organiser.index.views.throughput import WorkerHeartbeat
from organiser.index.work import due, pauses, scan_requests
from organiser.jobs.drivers.queue import Queue
from organiser.jobs.services import Services

_LATELY_S = 300.0
_BREAK_S = 90.0
"""Nothing recorded for this long: nobody was at work."""
_LEAST_S = 5.0
"""A rate over less than this is chance."""


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand; durations in seconds, moments in epoch seconds.

    Attributes:
        queues: messages waiting by queue, or None when no broker answers.
        due: photos (files, for "identify") that a step has yet to take.
        in_progress: photos some worker holds.
        rate: photos done per second since work began, over five minutes at most; 0 while that is not known yet.
        eta: when all that is due will be done at that rate; None when nothing moves or nothing is due.
        oldest: how long the photo waits that has waited longest for its first verdict, None when none does.
        failures: tried again by themselves, and not.
        waiting_for_part: of these, photos that wait for an optional part to be installed.
        scans: folders that somebody asked to have scanned and nobody is at.
        placing: the collections are to be brought in line.
        paused: steps that take no work, each with the moment since when.
        halted: what a cancelled run left due is left lying.
    """

    at: float
    queues: Mapping[str, int] | None
    due: Mapping[str, int]
    in_progress: int
    rate: float
    eta: float | None
    oldest: float | None
    workers: Sequence[WorkerHeartbeat]
    roots: Sequence[Root]
    failures: tuple[int, int]
    waiting_for_part: int
    scans: int
    placing: bool
    paused: Mapping[str, float]
    halted: bool
    runs: Sequence[Run]


def status(services: Services, queue: Queue | None, history: int = 5) -> Status:
    """Count how things stand."""
    now, model = services.clock(), services.model()
    fingerprints = services.detector_fingerprint, model.id, services.policy.fingerprint
    with reading(services.engine) as tx:
        waiting = {
            "identify": throughput.count_to_identify(tx),
            "detect": due.count_to_detect(tx, services.detector_fingerprint, now),
            "judge": due.count_to_judge(tx, *fingerprints),
        }
        since = now - _LATELY_S
        rate = max(_rate(throughput.detected(tx, since), now), _rate(throughput.judged(tx, since), now))
        waits = throughput.waiting_since(tx, now)
        return Status(
            at=now,
            queues=_lengths(queue),
            due=waiting,
            in_progress=throughput.count_in_hand(tx, now),
            rate=rate,
            eta=sum(waiting.values()) / rate if rate and any(waiting.values()) else None,
            oldest=None if waits is None else now - waits,
            workers=throughput.workers(tx),
            roots=roots.every(tx),
            failures=throughput.count_failures(tx),
            waiting_for_part=failures.count_waiting_for_part(tx),
            scans=len(scan_requests.open_scans(tx, now)),
            placing=scan_requests.placing(tx),
            paused=pauses.paused_steps(tx),
            halted=pauses.halted(tx),
            runs=runs.latest(tx, history),
        )


def pause(services: Services, steps: Sequence[str]) -> None:
    """Take no more work of these steps, or of all when none is named.

    Raises:
        SettingsError: one is no step.
    """
    with writing(services.engine) as tx:
        for step in _checked(steps):
            pauses.pause(tx, step, services.clock())


def resume(services: Services, steps: Sequence[str]) -> None:
    """Take work of these steps again, or of all; what waited in the meantime is queued by the next sweep.

    Raises:
        SettingsError: one is no step.
    """
    with writing(services.engine) as tx:
        for step in _checked(steps):
            pauses.resume(tx, step)
        pauses.go_on(tx)


def cancel(services: Services, run_id: int) -> None:
    """Stop a run: its messages do nothing any more, and what it left due lies until somebody starts work again.

    Raises:
        SettingsError: there is no such run, or it has ended.
    """
    with writing(services.engine) as tx:
        run = runs.get(tx, run_id)
        if run is None or run.ended is not None:
            raise SettingsError(f"there is no run {run_id} going on", "see `organiser status`")
        runs.cancel(tx, run_id)
        scan_requests.withdraw_scan_requests(tx, run_id)
        pauses.halt(tx, run_id, services.clock())


def _checked(steps: Sequence[str]) -> Sequence[str]:
    for step in steps:
        if step not in pauses.STEPS:
            raise SettingsError(f"{step!r} is no step", f"one of: {', '.join(pauses.STEPS)}")
    return steps or pauses.STEPS


def _lengths(queue: Queue | None) -> Mapping[str, int] | None:
    try:
        return None if queue is None else queue.lengths()
    except Transient:
        return None


def _rate(recorded: Sequence[tuple[float, int]], now: float) -> float:
    """Return the photos done per second since the first chunk after the last break; that chunk only says when."""
    done, first, began = 0, 0, now
    for moment, count in reversed(recorded):
        if began - moment > _BREAK_S:
            break
        done, first, began = done + count, count, moment
    return (done - first) / (now - began) if now - began >= _LEAST_S else 0.0
