"""The scan step: what lies under a root against what the index knows of it, by paths and stats; no picture is opened.

Nothing is purged here: a file that is gone is marked missing, and an implausible loss marks the root offline instead.
What a `.organiser-ignore` covers since the last scan is forgotten.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from organiser.core.library.reconcile import Scope
from organiser.core.photo import Failed, FailureKind, FileId
from organiser.errors import Transient
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.tables import failures, library, roots
from organiser.index.tables.roots import Root
from organiser.index.work import pauses, scan_requests
from organiser.index.work.scan_requests import ScanRequest
from organiser.jobs.actions.forget import Target, forget
from organiser.jobs.messages import ScanRoot
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps import streamed
from organiser.jobs.steps.compare import Diff, compare, is_unread, links_note
from organiser.jobs.steps.identify import cut

STAGE = "scan"

_LONGEST_S = 3600.0
"""For this long nobody else begins what a scan of a whole root was asked for, unless its process is known to be gone."""


def scan_root(services: Services, message: ScanRoot) -> Outcome:
    """Bring the file rows of a root in line with the disk; follow-ups identify what is new or changed."""
    parts = list(scan_in_parts(services, message))
    counts: Counter[str] = sum((part.counts for part in parts), Counter())
    return Outcome(
        tuple(follow for part in parts for follow in part.messages),
        counts,
        tuple(note for part in parts for note in part.notes),
    )


def scan_in_parts(services: Services, message: ScanRoot) -> Iterator[Outcome]:
    """Do the same, and yield what follows from each part of the root once that is recorded."""
    scope = Scope(frozenset(message.trees), frozenset(message.directories))
    taken = _take(services, message, scope)
    if taken is None:
        return
    root, scans = taken
    unsettled = frozenset(message.unsettled if _up_to_date(message, scans) else ())
    confirmed = message.confirm_missing
    if scope.whole:
        for diff in streamed.diffs(services, root, confirm_missing=confirmed, unsettled=unsettled, quiet=message.quiet):
            yield _applied(services, message, diff, scans, whole=True)
    else:
        diff = compare(services, root, scope, confirm_missing=confirmed, unsettled=unsettled, quiet=message.quiet)
        yield _applied(services, message, diff, scans, whole=False)


def _applied(
    services: Services, message: ScanRoot, diff: Diff, scans: Sequence[ScanRequest], *, whole: bool
) -> Outcome:
    due = _apply(services, diff, () if diff.partial else scans, whole=whole and not diff.partial)
    notes = _notes(diff, whole=whole) + (_forget_ignored(services, diff) if diff.offline is None else ())
    largest = services.detect.max_bytes
    messages = cut(due.items(), services.jobs.chunk, message.run_id, max_bytes=largest, fresh=message.fresh)
    return Outcome(tuple(messages), _counts(diff, due), notes)


def _take(services: Services, message: ScanRoot, scope: Scope) -> tuple[Root, Sequence[ScanRequest]] | None:
    """Take what is asked for; return the root and all that this scan does, or None when there is nothing to do."""
    with reading(services.engine) as tx:
        root = roots.get(tx, message.root_id)
        stopped = pauses.stopped(tx, STAGE, message.run_id)
        scans = scan_requests.scans_within(tx, message.root_id, scope)
    mine = [scan for scan in scans if scan.part_of(scope)]
    if root is None or stopped or (message.asked and not mine):
        return None
    if mine:
        until = services.clock() + (_LONGEST_S if scope.whole else services.jobs.lease)
        with writing(services.engine) as tx:
            scan_requests.claim_scans(tx, mine, services.owner(), until)
    return root, scans


def _up_to_date(message: ScanRoot, scans: Sequence[ScanRequest]) -> bool:
    """Whether nothing was asked for since this message was.

    Otherwise files that it calls unsettled may have settled since, and laying down the later asking would lose them;
    `quiet` still holds back those that are half written.
    """
    return all(scan.token == message.token for scan in scans)


def _apply(services: Services, diff: Diff, scans: Sequence[ScanRequest], *, whole: bool) -> dict[FileId, int]:
    """Record a diff in one commit; return the sizes of the files to identify.

    An offline root gains and keeps, it loses nothing.
    """
    now, plan = services.clock(), diff.plan
    with writing(services.engine) as tx:
        scan_requests.scans_completed(tx, scans)
        library.mark_changed(tx, [row.file_id for row, _ in plan.changed], now)
        library.move_files(tx, [(row.file_id, file) for row, file in plan.moved])
        library.mark_present(tx, [(row.file_id, file) for row, file in plan.returned])
        added = library.insert_files(tx, diff.root.id, plan.new)
        if diff.offline is not None:
            roots.set_offline(tx, diff.root.id, diff.offline, now)
        else:
            hidden = {row.file_id for row in diff.ignored}
            library.mark_missing(tx, [row.file_id for row in plan.missing if row.file_id not in hidden], now)
        if diff.offline is None and whole:
            roots.set_reconciled(tx, diff.root.id, now)
        _record_unreadable(tx, diff, now)
        if plan.moved or plan.returned or plan.missing:
            scan_requests.request_placing(tx)
        barred = failures.lasting(tx, STAGE, [row.file_id for row, file in plan.changed if is_unread(row, file)])
    due = {row.file_id: file.size for row, file in plan.changed} | added
    return {file_id: size for file_id, size in due.items() if file_id not in barred}


def _forget_ignored(services: Services, diff: Diff) -> tuple[str, ...]:
    """Erase what an ignore rule covers now: whole photos, or one file of a photo that lies elsewhere too."""
    if not diff.ignored:
        return ()
    with reading(services.engine) as tx:
        photo_ids = library.photos_only_in(tx, diff.ignored)
    strays = tuple(row.file_id for row in diff.ignored if row.photo_id not in photo_ids)
    try:
        erased = forget(services, Target(tuple(sorted(photo_ids)), strays))
    except Transient as error:
        return (f"what is ignored now is forgotten by the next scan: {error}",)
    return tuple(erased.notes)


def _record_unreadable(tx: Transaction, diff: Diff, now: float) -> None:
    """Known files that cannot be read are failures; folders are told in the run's notes."""
    known = library.files_at(tx, diff.root.id, [folder.relpath for folder in diff.unreadable if folder.relpath])
    reasons = {folder.relpath: folder.reason for folder in diff.unreadable}
    failed = [(None, key, Failed(FailureKind.UNREADABLE, reasons[relpath])) for relpath, key in known.items()]
    failures.record(tx, STAGE, failed, now)


def _counts(diff: Diff, due: Mapping[FileId, int]) -> Counter[str]:
    plan = diff.plan
    words = {"new": plan.new, "moved": plan.moved, "returned": plan.returned}
    counts = Counter({word: len(rows) for word, rows in words.items()})
    counts["changed"] = len(plan.changed) - diff.unread
    counts["unread"] = sum(row.file_id in due for row, file in plan.changed if is_unread(row, file))
    counts["same"] = plan.same + diff.unread - counts["unread"]  # what failed for good is not tried again
    counts["missing"] = 0 if diff.offline else len(plan.missing) - len(diff.ignored)
    counts["ignored"] = 0 if diff.offline else len(diff.ignored)
    return +counts


def _notes(diff: Diff, *, whole: bool) -> tuple[str, ...]:
    notes = [
        f"cannot read {diff.root.path}/{folder.relpath}: {folder.reason}"
        for folder in diff.unreadable
        if folder.relpath
    ]
    if diff.raw and whole:  # a watched folder would tell of it at each change
        notes.append(f"camera raw files are not read, {diff.raw} here: pip install 'organiser[raw]'")
    if diff.links and whole:  # a watched folder would tell of them at each change
        notes.append(links_note(diff))
    if diff.offline:
        notes.insert(0, f"{diff.root.path} is offline: {diff.offline}; nothing of it was marked missing")
    return tuple(notes)
