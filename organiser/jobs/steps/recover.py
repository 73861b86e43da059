"""What dead processes held, taken back: a chunk is split until the culprit stands alone, and that one is quarantined.

A photo or file that was alone in its chunk often enough is given up, its neighbours are done.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from organiser.core.photo import Failed, FailureKind, FileId, PhotoId
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.tables import failures, library, results
from organiser.index.work import due, leases
from organiser.index.work.leases import Expired
from organiser.jobs.messages import Detect, Judge, Message
from organiser.jobs.owners import is_dead
from organiser.jobs.services import Services
from organiser.jobs.steps.crashes import MAX_CRASHES
from organiser.jobs.steps.identify import cut

_STAGES: Mapping[str, type[Detect] | type[Judge]] = {"detect": Detect, "judge": Judge}


def recover_all(services: Services) -> list[Message]:
    """Take back what ran out, and what processes of this host held that are known to be gone."""
    messages = recover(services)
    with reading(services.engine) as tx:
        owners = leases.owners(tx)
    for owner in filter(is_dead, owners):
        messages += recover(services, owner)
    return messages


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
        left = _still_due(tx, services, leases.expired(tx, now), now)
        for (_, stage), members in groupby(left, key=lambda lease: (lease.owner, lease.stage)):
            messages += _retake(tx, services, stage, list(members), now, why)
    return messages


def _still_due(tx: Transaction, services: Services, left: Sequence[Expired], now: float) -> list[Expired]:
    """Return what is due still, and let go of the rest: nobody would take it and give it back."""
    wanted: set[tuple[str, int]] = set()
    for stage in {lease.stage for lease in left}:
        items = [lease.item for lease in left if lease.stage == stage]
        found = set(_due_among(tx, services, stage, items, now))
        leases.release(tx, stage, [item for item in items if item not in found])
        wanted.update((stage, item) for item in found)
    return [lease for lease in left if (lease.stage, lease.item) in wanted]


def _due_among(tx: Transaction, services: Services, stage: str, items: Sequence[int], now: float) -> Iterable[int]:
    if stage == "scan":
        return library.sizes(tx, [FileId(item) for item in items])
    ids = [PhotoId(item) for item in items]
    detector = services.detector_fingerprint
    if stage == "detect":
        return due.to_detect(tx, detector, now, among=ids, limit=len(ids))
    model_id, policy = services.model().id, services.policy.fingerprint
    return due.to_judge(tx, detector, model_id, policy, now, among=ids, limit=len(ids))


def _retake(
    tx: Transaction, services: Services, stage: str, left: Sequence[Expired], now: float, why: str
) -> Iterator[Message]:
    kept = []
    for lease in left:
        if lease.chunk_size == 1 and lease.attempts >= MAX_CRASHES:
            _quarantine(tx, services, lease, now, why)
        else:
            kept.append(lease)
    rest = [lease.item for lease in kept if lease.chunk_size > 1]
    middle = len(rest) // 2
    alone = [[lease.item] for lease in kept if lease.chunk_size == 1]
    for items in (*alone, rest[:middle], rest[middle:]):
        if items and stage == "scan":
            sizes = library.sizes(tx, [FileId(item) for item in items])
            yield from cut(sizes.items(), len(items), max_bytes=services.detect.max_bytes)
        elif items:
            yield _STAGES[stage](tuple(PhotoId(item) for item in items))


def _quarantine(tx: Transaction, services: Services, lease: Expired, now: float, why: str) -> None:
    """Record that a photo or file, alone in its chunk, made its worker die again and again."""
    reason = "\n".join(filter(None, (f"reading it ended the worker {lease.attempts} times", why)))
    failed = Failed(FailureKind.CRASHED, reason)
    if lease.stage == "detect":
        seen = {PhotoId(lease.item): failed}
        results.record_detections(tx, services.detector_fingerprint, seen, now, keep_crops=False)
    whose = (None, FileId(lease.item)) if lease.stage == "scan" else (PhotoId(lease.item), None)
    failures.record(tx, lease.stage, [(*whose, failed)], now)
    leases.release(tx, lease.stage, [lease.item])
