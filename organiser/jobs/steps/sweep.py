"""The sweep: asks the index what is due and what was left lying, and says it as messages.

This is first run, retry and re-classification in one place; what a dead process held is `steps.recover`'s.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby, islice
from typing import TypeVar

from organiser.core.chunks import chunks
from organiser.core.photo import FileId, PhotoId
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.tables import failures, library
from organiser.index.work import due, pauses, scan_requests
from organiser.index.work.scan_requests import ScanRequest
from organiser.jobs.actions.forget import drop_unwanted_pictures
from organiser.jobs.messages import Detect, Judge, Message, ScanRoot, Sweep
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.owners import is_dead
from organiser.jobs.services import Services
from organiser.jobs.steps import follow_ups
from organiser.jobs.steps.identify import cut
from organiser.jobs.steps.recover import recover_all

_PAGE = 5000
_Key = TypeVar("_Key", PhotoId, FileId)


def sweep(services: Services, message: Sweep) -> Outcome:
    """Recover what dead workers left, purge what is missing beyond its grace, and queue everything that is due."""
    recovered = recover_all(services)
    drop_unwanted_pictures(services)
    retry_waiting_for_raw(services)
    with writing(services.engine) as tx:
        purged = library.purge(tx, services.clock() - services.jobs.grace)
    wanted: list[Message] = [*all_requested(services), *follow_ups.placing_requested(services)]
    queued = list(islice(all_due(services, message.run_id), services.jobs.window))
    return outcome([*recovered, *wanted, *queued], recovered=len(recovered), purged=len(purged))


def retry_waiting_for_raw(services: Services) -> None:
    """Make camera raw files due again that waited for what decodes them, now that it is here."""
    if not services.reads_raw:
        return
    with reading(services.engine) as tx:
        waiting = failures.count_waiting_for_part(tx)
    if waiting:
        with writing(services.engine) as tx:
            failures.retry_waiting_for_part(tx)


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
    services: Services, run_id: int | None = None, *, without: Collection[FileId] = frozenset(), paused: bool = False
) -> Iterator[Message]:
    """Yield messages for everything that is due now: files to identify, photos to look at, photos to judge.

    Args:
        without: files that are queued already.
        paused: of paused steps too.
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
        passed_over = {} if paused else pauses.paused_steps(tx)
    for file_ids in _paged(services, files, _PAGE) if "scan" not in passed_over else ():
        with reading(services.engine) as tx:
            sizes = library.sizes(tx, [file_id for file_id in file_ids if file_id not in without])
        yield from cut(sizes.items(), services.jobs.chunk, run_id, max_bytes=services.detect.max_bytes)
    for photo_ids in _paged(services, unseen, services.jobs.chunk) if "detect" not in passed_over else ():
        yield Detect(photo_ids, run_id)
    for photo_ids in _paged(services, unjudged, 16 * services.jobs.chunk) if "judge" not in passed_over else ():
        yield Judge(photo_ids, run_id)


def is_due(services: Services, *, paused: bool = False) -> bool:
    """Whether any file or photo is due; `paused` counts those of paused steps too."""
    return next(all_due(services, paused=paused), None) is not None


def _paged(services: Services, page: Callable[[Transaction, int], list[_Key]], size: int) -> Iterator[tuple[_Key, ...]]:
    """Page through a question by id and cut each page into chunks; no transaction is open between pages."""
    after = 0
    while True:
        with reading(services.engine) as tx:
            ids = page(tx, after)
        yield from map(tuple, chunks(ids, size))
        if len(ids) < _PAGE:
            return
        after = ids[-1]
