"""The sweep: asks the index what is due and what was left lying, and says it as messages.

This is first run, crash recovery, retry and re-classification in one place. A chunk whose worker died is split until the
culprit stands alone; a photo or file that was alone often enough is quarantined, its neighbours are done.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import TypeVar

from organiser.core.photo import Failed, FailureKind, FileId, PhotoId
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.tables import failures, library, results
from organiser.index.work import due, leases, pauses, scan_requests
from organiser.index.work.leases import Expired
from organiser.index.work.scan_requests import ScanRequest
from organiser.jobs.actions.forget import drop_unwanted_pictures
from organiser.jobs.messages import Detect, Judge, Message, ScanRoot, Sweep
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.owners import is_dead
from organiser.jobs.services import Services
from organiser.jobs.steps import follow_ups
from organiser.jobs.steps.identify import cut

_PAGE = 5000
_STAGES: Mapping[str, type[Detect] | type[Judge]] = {"detect": Detect, "judge": Judge}
_Key = TypeVar("_Key", PhotoId, FileId)


def sweep(services: Services, message: Sweep) -> Outcome:
    """Recover what dead workers left, purge what is missing beyond its grace, and queue everything that is due."""
    recovered = recover(services)
    drop_unwanted_pictures(services)
    with writing(services.engine) as tx:
        purged = library.purge(tx, services.clock() - services.jobs.grace)
    wanted: list[Message] = [*all_requested(services), *follow_ups.placing_requested(services)]
    queued = list(islice(all_due(services, message.run_id), services.jobs.window))
    return outcome([*recovered, *wanted, *queued], recovered=len(recovered), purged=len(purged))


def all_requested(services: Services) -> list[ScanRoot]:
    """Return messages for the scans that are asked for and that nobody is at; none while scanning is paused."""
    now = services.clock()
    with reading(services.engine) as tx:
        gone = [owner for owner in scan_requests.scanners(tx) if is_dead(owner)]
    if gone:
        with writing(services.engine) as tx:
            scan_requests.release_scans_of(tx, gone)
    with reading(services.engine) as tx:
        scans = [] if pauses.stopped(tx, "scan") else scan_requests.open_scans(tx, now)
    return [_scan(list(group)) for _, group in groupby(scans, key=lambda scan: (scan.root_id, scan.run_id))]


def _scan(scans: Sequence[ScanRequest]) -> ScanRoot:
    """Return one message for scans of the same root and run; what belongs to no run goes first, as the watcher's hints."""
    lease = scans[0]
    return ScanRoot(
        root_id=lease.root_id,
        trees=tuple(scan.folder for scan in scans if scan.deep),
        directories=tuple(scan.folder for scan in scans if not scan.deep),
        run_id=lease.run_id,
        fresh=lease.run_id is None,
        quiet=max(scan.quiet for scan in scans),
        asked=True,
    )


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
        return due.to_detect(tx, detector, now, after=after, limit=_PAGE)

    def unjudged(tx: Transaction, after: int) -> list[PhotoId]:
        return due.to_judge(tx, detector, model.id, policy, now, after=after, limit=_PAGE)

    with reading(services.engine) as tx:
        paused = pauses.paused_steps(tx)
    for file_ids in _chunks(services, files, _PAGE) if "scan" not in paused else ():
        with reading(services.engine) as tx:
            sizes = library.sizes(tx, [file_id for file_id in file_ids if file_id not in without])
        yield from cut(sizes.items(), services.jobs.chunk, run_id, max_bytes=services.detect.max_bytes)
    for photo_ids in _chunks(services, unseen, services.jobs.chunk) if "detect" not in paused else ():
        yield Detect(photo_ids, run_id)
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
        if lease.chunk_size == 1 and lease.attempts >= services.jobs.max_crashes:
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
