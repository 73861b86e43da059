"""A root compared with the index: the plan of a scan, and whether the disk is to be believed. Changes nothing.

So it is the dry run too. The judgement that a loss is implausible lives here because it needs both sides.
"""

import gc
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from organiser.core.library.reconcile import (
    FoundFile,
    KnownFile,
    ScanPlan,
    Scope,
    Unreadable,
    implausible_loss,
    plan_scan,
)
from organiser.files.complete import half_written
from organiser.files.filesystem import is_network
from organiser.files.ignore import is_ignored
from organiser.files.names import is_raw
from organiser.files.walk import walk
from organiser.index.db.engine import reading
from organiser.index.tables import library
from organiser.index.tables.roots import Root
from organiser.jobs.services import Services

NOT_THERE = "the folder is not there"


@dataclass(frozen=True, slots=True)
class Diff:
    """A root compared with the index, nothing applied yet.

    Attributes:
        plan: what applying it means.
        unreadable: what is there but could not be read.
        ignored: known files that an ignore rule covers now.
        offline: why the root is not to be believed, or None.
        raw: camera raw files that were passed over, for want of what decodes them.
        links: links to folders, which are not followed.
        partial: more of the root is still to be walked; nothing is said yet of what is gone.
    """

    root: Root
    plan: ScanPlan
    unreadable: tuple[Unreadable, ...]
    ignored: tuple[KnownFile, ...]
    offline: str | None
    raw: int = 0
    links: tuple[str, ...] = ()
    partial: bool = False

    @property
    def unread(self) -> int:
        """How many files are as they were found by an earlier scan that ended before it read them."""
        return sum(is_unread(row, file) for row, file in self.plan.changed)


def is_unread(row: KnownFile, file: FoundFile) -> bool:
    """Whether a file that was never digested is as it was when it was found."""
    return row.photo_id is None and (row.size, row.mtime_ns) == (file.size, file.mtime_ns)


def links_note(diff: Diff) -> str:
    """Say that links to folders are not followed, all of a root in one line."""
    count = len(diff.links)
    links = "a link to a folder is" if count == 1 else f"{count} links to folders are"
    first = f"{diff.root.path}/{diff.links[0]}{', …' if count > 1 else ''}"
    return f"{links} not followed ({first}); to have it read, name the folder itself to organiser scan"


def compare(
    services: Services,
    root: Root,
    scope: Scope,
    *,
    confirm_missing: bool = False,
    unsettled: Collection[str] = (),
    quiet: float = 0.0,
) -> Diff:
    """Walk a part of a root and compare it with the index.

    Args:
        confirm_missing: a person said that what is gone is gone; the loss is believed whatever its size.
        unsettled: files that are still being written, neither found nor gone.
        quiet: seconds for which a file that does not look complete must have been left alone to be taken.
    """
    top = services.here(root.path)
    if not os.path.isdir(top):
        return Diff(root, ScanPlan(), (Unreadable("", NOT_THERE),), (), NOT_THERE)
    with uncollected():
        known, unreadable, links, plan = _plan(services, root, scope, frozenset(unsettled))
    passed, raw = passed_over(services, root, plan, quiet)
    plan = plan.without(passed)
    ignored = tuple(row for row in plan.missing if is_ignored(top, row.relpath, services.rules))
    offline = next((folder.reason for folder in unreadable if folder.relpath == ""), None)
    if offline is None and not confirm_missing:
        hidden = {row.file_id for row in ignored}
        gone = [row for row in plan.missing if row.file_id not in hidden]
        present = sum(row.missing_since is None for row in known) if scope.whole else _present(services, root)
        offline = implausible(services, gone, present=present, new=len(plan.new))
    return Diff(root, plan, tuple(unreadable), ignored, offline, raw, tuple(links))


def _plan(
    services: Services, root: Root, scope: Scope, unsettled: Collection[str]
) -> tuple[list[KnownFile], list[Unreadable], list[str], ScanPlan]:
    top = services.here(root.path)
    with reading(services.engine) as tx:
        known = library.known_files(tx, root.id, scope)
    found: list[FoundFile] = []
    unreadable: list[Unreadable] = []
    links: list[str] = []
    for folder in walk(top, services.rules, scope):
        found += folder.files
        unreadable += folder.unreadable
        links += folder.links
    blind = [folder.relpath for folder in unreadable]
    plan = plan_scan(found, known, unreadable=blind, unsettled=unsettled, trust_inodes=not is_network(top))
    return known, unreadable, links, plan


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector still: of a large root's tuples, which hold no cycles, it would read all again and again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def passed_over(services: Services, root: Root, plan: ScanPlan, quiet: float) -> tuple[frozenset[str], int]:
    """Return which new and changed files are not to be read, or not yet; and how many of them are camera raw files.

    Args:
        quiet: seconds for which a file that does not look complete must have been left alone; 0: all are taken.
    """
    raw = frozenset[str]() if services.reads_raw else _raw(plan)
    written = _half_written(services, services.here(root.path), plan.without(raw), quiet) if quiet else frozenset[str]()
    return raw | written, len(raw)


def _raw(plan: ScanPlan) -> frozenset[str]:
    """Return the camera raw files of which nothing is known yet; those that are known are as present as ever."""
    unknown = (*plan.new, *(file for row, file in plan.changed if row.photo_id is None))
    return frozenset(file.relpath for file in unknown if is_raw(file.relpath))


def _half_written(services: Services, top: str, plan: ScanPlan, quiet: float) -> frozenset[str]:
    """Return the new and changed files that somebody may still be writing; the watcher names them again."""
    candidates = (*plan.new, *(file for _, file in plan.changed))
    now = services.clock()
    return frozenset(file.relpath for file in candidates if half_written(top, file, quiet=quiet, now=now))


def _present(services: Services, root: Root) -> int:
    with reading(services.engine) as tx:
        return library.count_present(tx, root.id)


def implausible(services: Services, gone: Sequence[KnownFile], *, present: int, new: int) -> str | None:
    """Return why so many files cannot have gone at once, or None. A file whose photo lies elsewhere is no loss.

    Args:
        present: files of the whole root before, in a partial scan too: a folder may go, half a library does not.
        new: files that were found for the first time.
    """
    if not gone:
        return None
    with reading(services.engine) as tx:
        kept = library.count_kept_elsewhere(tx, gone)
    lost = len(gone) - kept
    if implausible_loss(present, lost, services.jobs.loss, new_count=new + kept):
        return f"{lost} of {present} files are gone at once"
    return None
