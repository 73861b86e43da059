"""The sweep: asks the index what is due and what was left lying, and says it as messages.

This is first run, crash recovery, retry and re-classification in one place. A chunk whose worker died is split until the
culprit stands alone; a photo that was alone often enough is quarantined, its neighbours are done.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import TypeVar

from organiser.core.photo import Failed, FailureKind, FileId, PhotoId
from organiser.index import control, due, failures, leases, library, results
from organiser.index.engine import Transaction, reading, writing
from organiser.index.leases import Expired
from organiser.jobs.messages import Identify, Judge, Look, Message, Sweep, split
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import Services

_PAGE = 5000
_STAGES: Mapping[str, type[Look] | type[Judge]] = {"look": Look, "judge": Judge}
_Key = TypeVar("_Key", PhotoId, FileId)


def sweep(services: Services, message: Sweep) -> Outcome:
    """Recover what dead workers left, purge what is missing beyond its grace, and queue everything that is due."""
    recovered = recover(services)
    with writing(services.engine) as tx:
        purged = library.purge(tx, services.clock() - services.jobs.grace)
    queued = list(islice(all_due(services, message.run_id), services.jobs.window))
    return outcome([*recovered, *queued], recovered=len(recovered), purged=len(purged))


def all_due(
    services: Services, run_id: int | None = None, *, without: Collection[FileId] = frozenset()
) -> Iterator[Message]:
    """Yield messages for everything that is due now: files to identify, photos to look at, photos to judge.

    Steps that are paused are left out.

    Args:
        without: files that are queued already.
    """
    now, detector = services.clock(), services.detector_fingerprint
    model, policy = services.model(), services.policy.fingerprint

    def files(tx: Transaction, after: int) -> list[FileId]:
        return due.to_identify(tx, now, after=after, limit=_PAGE)

    def unseen(tx: Transaction, after: int) -> list[PhotoId]:
        return due.to_look(tx, detector, now, after=after, limit=_PAGE)

    def unjudged(tx: Transaction, after: int) -> list[PhotoId]:
        return due.to_judge(tx, detector, model.id, policy, now, after=after, limit=_PAGE)

    with reading(services.engine) as tx:
        paused = control.paused_steps(tx)
    for ids in _chunks(services, files, services.jobs.chunk) if "scan" not in paused else ():
        left = tuple(file_id for file_id in ids if file_id not in without)
        if left:
            yield Identify(left, run_id)
    for photo_ids in _chunks(services, unseen, services.jobs.chunk) if "look" not in paused else ():
        yield Look(photo_ids, run_id)
    for photo_ids in _chunks(services, unjudged, 16 * services.jobs.chunk) if "judge" not in paused else ():
        yield Judge(photo_ids, run_id)


def _chunks(
    services: Services, page: Callable[[Transaction, int], list[_Key]], size: int
) -> Iterator[tuple[_Key, ...]]:
    """Page through a question by id and cut each page into chunks; no transaction is open between pages."""
    after = 0
    while True:
        with reading(services.engine) as tx:
            ids = page(tx, after)
        for start in range(0, len(ids), size):
            yield tuple(ids[start : start + size])
        if len(ids) < _PAGE:
            return
        after = ids[-1]


def recover(services: Services, owner: str | None = None, why: str = "") -> list[Message]:
    """Take back what workers that are gone held, smaller than they held it; quarantine what is convicted.

    Args:
        owner: a worker known to be dead, whose leases end at once.
        why: how it died, as far as that is known; told of what is quarantined.
    """
    now = services.clock()
    messages: list[Message] = []
    with writing(services.engine) as tx:
        if owner is not None:
            leases.expire_of(tx, owner, now)
        left = leases.expired(tx, now)
        for (_, stage), members in groupby(left, key=lambda one: (one.owner, one.stage)):
            messages += _retake(tx, services, stage, list(members), now, why)
    return messages


def _retake(
    tx: Transaction, services: Services, stage: str, left: Sequence[Expired], now: float, why: str
) -> Iterator[Message]:
    alone = [one for one in left if one.companions == 1]
    convicted = [one for one in alone if one.attempts >= services.jobs.convictions]
    for one in convicted:
        _quarantine(tx, services, one, now, why)
    condemned = {one.photo_id for one in convicted}
    ids = [one.photo_id for one in left if one.photo_id not in condemned]
    for one in alone:
        if one.photo_id not in condemned:
            ids.remove(one.photo_id)
            yield _STAGES[stage]((one.photo_id,))
    if len(ids) == 1:
        yield _STAGES[stage](tuple(ids))
    elif ids:
        yield from split(_STAGES[stage](tuple(ids)))


def _quarantine(tx: Transaction, services: Services, one: Expired, now: float, why: str) -> None:
    """Record that a photo, alone in its chunk, made its worker die again and again."""
    reason = "\n".join(filter(None, (f"reading it ended the worker {one.attempts} times", why)))
    failed = Failed(FailureKind.CRASHED, reason)
    if one.stage == "look":
        results.record_looks(tx, services.detector_fingerprint, {one.photo_id: failed}, now, keep_crops=False)
    failures.record(tx, one.stage, [(one.photo_id, None, failed)], now)
    leases.release(tx, one.stage, [one.photo_id])
