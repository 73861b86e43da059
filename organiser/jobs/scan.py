"""The scan step: what lies under a root against what the index knows of it; then which photo each file shows.

Two handlers. `scan_root` compares paths and stats and opens no picture; `identify` digests the pictures of new and
changed files. Nothing is purged here: a file that is gone is marked missing, and an implausible loss marks the root
offline instead. What a `.organiser-ignore` covers since the last scan is forgotten.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence

from organiser.core.photo import Failed, FailureKind, FileId
from organiser.core.reconcile import FoundFile, Scope
from organiser.errors import Transient
from organiser.files.digest import picture_digest
from organiser.index import control, failures, library, roots
from organiser.index.engine import Transaction, reading, writing
from organiser.jobs.comparing import Diff, compare
from organiser.jobs.forget import Target, forget
from organiser.jobs.messages import Identify, Look, Message, ScanRoot
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import Services

STAGE = "scan"


def scan_root(services: Services, message: ScanRoot) -> Outcome:
    """Bring the file rows of a root in line with the disk; follow-ups identify what is new or changed."""
    with reading(services.engine) as tx:
        root = roots.get(tx, message.root_id)
        stopped = control.stopped(tx, STAGE, message.run_id)
    if root is None or stopped:
        return outcome()
    scope = Scope(frozenset(message.trees), frozenset(message.directories))
    diff = compare(
        services,
        root,
        scope,
        confirm_missing=message.confirm_missing,
        unsettled=message.unsettled,
        quiet=message.quiet,
    )
    due = _apply(services, diff, whole=scope.whole)
    notes = _notes(diff) + (_forget_ignored(services, diff) if diff.offline is None else ())
    return Outcome(tuple(_cut(services, due, message)), _counts(diff), notes)


def _apply(services: Services, diff: Diff, *, whole: bool) -> list[FileId]:
    """Record a diff in one commit; return the files to identify. An offline root gains and keeps, it loses nothing."""
    now, plan = services.clock(), diff.plan
    with writing(services.engine) as tx:
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
    return [*(row.file_id for row, _ in plan.changed), *added]


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
    known = library.files_at(tx, diff.root.id, [one.relpath for one in diff.unreadable if one.relpath])
    reasons = {one.relpath: one.reason for one in diff.unreadable}
    failed = [(None, key, Failed(FailureKind.UNREADABLE, reasons[relpath])) for relpath, key in known.items()]
    failures.record(tx, STAGE, failed, now)


def _cut(services: Services, file_ids: Sequence[FileId], message: ScanRoot) -> Iterable[Message]:
    step = services.jobs.chunk
    for start in range(0, len(file_ids), step):
        yield Identify(tuple(file_ids[start : start + step]), message.run_id, message.fresh)


def _counts(diff: Diff) -> Counter[str]:
    plan = diff.plan
    words = {"new": plan.new, "changed": plan.changed, "moved": plan.moved, "returned": plan.returned}
    counts = Counter({word: len(rows) for word, rows in words.items()})
    counts["same"] = plan.same
    counts["missing"] = 0 if diff.offline else len(plan.missing) - len(diff.ignored)
    counts["ignored"] = 0 if diff.offline else len(diff.ignored)
    return +counts


def _notes(diff: Diff) -> tuple[str, ...]:
    notes = [f"cannot read {diff.root.path}/{one.relpath}: {one.reason}" for one in diff.unreadable if one.relpath]
    if diff.offline:
        notes.insert(0, f"{diff.root.path} is offline: {diff.offline}; nothing of it was marked missing")
    return tuple(notes)


def identify(services: Services, message: Identify) -> Outcome:
    """Digest the pictures of these files and say which photo each shows; follow-ups look at the photos that are due."""
    with reading(services.engine) as tx:
        stopped = control.stopped(tx, STAGE, message.run_id)
        places = [] if stopped else library.locate(tx, message.file_ids)
    read = [(place, _read(services.here(place.path), place.relpath)) for place in places]
    now = services.clock()
    with writing(services.engine) as tx:
        failed = [(None, place.file_id, one) for place, one in read if isinstance(one, Failed)]
        failures.record(tx, STAGE, failed, now)
        good = [(place, one) for place, one in read if not isinstance(one, Failed)]
        found = set(library.identify(tx, [(place.file_id, *one) for place, one in good], now))
        failures.clear(tx, STAGE, file_ids=[place.file_id for place, _ in good])
    photo_ids = tuple(sorted(found))
    follow = [Look(photo_ids, message.run_id, message.fresh)] if photo_ids else []
    return outcome(follow, identified=len(good), unreadable=len(failed))


def _read(path: str, relpath: str) -> tuple[FoundFile, str] | Failed:
    """Return a file's stat and digest that belong together, or why there are none."""
    try:
        before = os.stat(path)
        digest = picture_digest(path)
        after = os.stat(path)
    except FileNotFoundError:
        return Failed(FailureKind.VANISHED, "the file went away while it was scanned")
    except OSError as error:
        return Failed(FailureKind.UNREADABLE, error.strerror or str(error))
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return Failed(FailureKind.VANISHED, "the file changed while it was read")
    return FoundFile(relpath, after.st_size, after.st_mtime_ns, after.st_dev, after.st_ino), digest
