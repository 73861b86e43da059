"""The scan step: what lies under a root against what the index knows of it; then which photo each file shows.

Two handlers. `scan_root` compares paths and stats and opens no picture; `identify` digests the pictures of new and
changed files. Nothing is purged here: a file that is gone is marked missing, and an implausible loss marks the root
offline instead. What a `.organiser-ignore` covers since the last scan is forgotten.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


from organiser.core.photo import Failed, FailureKind, FileId, PhotoId
from organiser.core.reconcile import FoundFile, KnownFile, ScanPlan, Scope, Unreadable, implausible_loss, plan_scan
from organiser.files.digest import picture_digest
from organiser.files.filesystem import is_network
from organiser.files.ignore import is_ignored
from organiser.files.walk import walk
from organiser.index import control, failures, library, roots
from organiser.index.engine import Transaction, reading, writing
from organiser.index.roots import Root
from organiser.jobs.messages import Identify, Look, Message, ScanRoot
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import Services

STAGE = "scan"


@dataclass(frozen=True, slots=True)
class Diff:
    """A root compared with the index, nothing applied yet.

    Attributes:
        plan: what applying it means.
        unreadable: what is there but could not be read.
        ignored: known files that an ignore rule covers now.
        offline: why the root is not to be believed, or None.
    """

    root: Root
    plan: ScanPlan
    unreadable: tuple[Unreadable, ...]
    ignored: tuple[KnownFile, ...]
    offline: str | None


def compare(
    services: Services,
    root: Root,
    scope: Scope,
    *,
    confirm_missing: bool = False,
    unsettled: Collection[str] = (),
) -> Diff:
    """Walk a root and compare it with the index; changes nothing, hence also the dry run.

    Args:
        confirm_missing: a person said that what is gone is gone; the loss is believed whatever its size.
        unsettled: files that are still being written, neither found nor gone.
    """
    top = services.here(root.path)
    with reading(services.engine) as tx:
        known = library.known_files(tx, root.id, scope)
    if not os.path.isdir(top):
        return Diff(root, ScanPlan(), (Unreadable("", "the folder is not there"),), (), "the folder is not there")
    found: list[FoundFile] = []
    unreadable: list[Unreadable] = []
    for folder in walk(top, services.rules, scope):
        found += folder.files
        unreadable += folder.unreadable
    blind = [one.relpath for one in unreadable]
    plan = plan_scan(found, known, unreadable=blind, unsettled=frozenset(unsettled), trust_inodes=not is_network(top))
    ignored = tuple(row for row in plan.missing if is_ignored(top, row.relpath, services.rules))
    present = sum(1 for row in known if row.missing_since is None)
    lost = len(plan.missing) - len(ignored)
    limits = services.jobs.loss
    offline = None
    if "" in blind:
        offline = next(one.reason for one in unreadable if one.relpath == "")
    elif scope.whole and not confirm_missing and implausible_loss(present, lost, limits, new_count=len(plan.new)):
        offline = f"{lost} of {present} files are gone at once"
    return Diff(root, plan, tuple(unreadable), ignored, offline)


def scan_root(services: Services, message: ScanRoot) -> Outcome:
    """Bring the file rows of a root in line with the disk; follow-ups identify what is new or changed."""
    with reading(services.engine) as tx:
        root = roots.get(tx, message.root_id)
        stopped = control.stopped(tx, STAGE, message.run_id)
    if root is None or stopped:
        return outcome()
    scope = Scope(frozenset(message.trees), frozenset(message.directories))
    diff = compare(services, root, scope, confirm_missing=message.confirm_missing, unsettled=message.unsettled)
    due = _apply(services, diff, whole=scope.whole)
    return Outcome(tuple(_cut(services, due, message)), _counts(diff), _notes(diff))


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
            library.forget_files(tx, sorted(hidden))
        if diff.offline is None and whole:
            roots.set_reconciled(tx, diff.root.id, now)
        _record_unreadable(tx, diff, now)
    return [*(row.file_id for row, _ in plan.changed), *added]


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
    found: set[PhotoId] = set()
    with writing(services.engine) as tx:
        failed = [(None, place.file_id, one) for place, one in read if isinstance(one, Failed)]
        failures.record(tx, STAGE, failed, now)
        good = [(place, one) for place, one in read if not isinstance(one, Failed)]
        for place, (file, digest) in good:
            found.add(library.identify(tx, place.file_id, file, digest, now))
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
