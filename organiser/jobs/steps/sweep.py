"""The sweep: what is due, what is asked for and what was left lying, as messages for the queue.

What is due is `steps.pending`'s, what a dead process held `steps.recover`'s.
"""

from collections.abc import Sequence
from itertools import groupby, islice

from organiser.index.db.engine import reading, writing
from organiser.index.tables import failures, library
from organiser.index.work import pauses, scan_requests
from organiser.index.work.scan_requests import ScanRequest
from organiser.jobs.actions.forget import drop_unwanted_pictures
from organiser.jobs.messages import Message, ScanRoot, Sweep
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.owners import is_dead
from organiser.jobs.services import Services
from organiser.jobs.steps import follow_ups
from organiser.jobs.steps.pending import all_due
from organiser.jobs.steps.recover import recover_all


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
