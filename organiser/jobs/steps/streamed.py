"""A whole root compared with the index while it is walked: what is new is recorded by and by, what is gone at the end.

So the first photos are read while the last folder is still far, and memory does not grow with the root but for a number
a file. A new file that has the stat of a known one waits for the end: if the known one's path is gone by then, it moved.
Nothing is marked missing, and no loss is judged, before the whole walk has ended.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from organiser.core.library.known_files import KnownFiles
from organiser.core.library.reconcile import WHOLE, FoundFile, KnownFile, ScanPlan, Unreadable, plan_scan
from organiser.files.filesystem import is_network
from organiser.files.ignore import is_ignored
from organiser.files.walk import walk
from organiser.index.db.engine import reading
from organiser.index.tables import library
from organiser.index.tables.roots import Root
from organiser.jobs.services import Services
from organiser.jobs.steps.compare import NOT_THERE, Diff, implausible, passed_over, uncollected

_FILES = 500
"""Files that differ from what is known, after which they are recorded."""

_MOST_MET = 20_000
"""Files after which they are counted, whether or not one differs, so that progress is seen."""


def diffs(
    services: Services,
    root: Root,
    *,
    confirm_missing: bool = False,
    unsettled: frozenset[str] = frozenset(),
    quiet: float = 0.0,
) -> Iterator[Diff]:
    """Walk a root; yield parts of the difference to the index, each to be applied at once, and last what is gone.

    The last one alone says whether the root is to be believed, and what could not be read. Arguments as of `compare`.
    """
    top = services.here(root.path)
    if not os.path.isdir(top):
        yield Diff(root, ScanPlan(), (Unreadable("", NOT_THERE),), (), NOT_THERE)
        return
    trust_inodes = not is_network(top)

    def read() -> Iterator[KnownFile]:
        with reading(services.engine) as tx:
            yield from library.each_known_file(tx, root.id)

    with uncollected(), reading(services.engine) as tx:
        stats, unread = library.known_stats(tx, root.id, inodes=trust_inodes), library.unread_paths(tx, root.id)
        known = KnownFiles(read, stats, unread, trust_inodes=trust_inodes)
    walked = _Walked(services, root, known, unsettled=unsettled, quiet=quiet, trust_inodes=trust_inodes)
    yield from walked.parts(top)
    yield walked.rest(top, confirm_missing=confirm_missing)


class _Walked:
    """One walk through a root, and what it leaves for its end."""

    def __init__(
        self,
        services: Services,
        root: Root,
        known: KnownFiles,
        *,
        unsettled: frozenset[str],
        quiet: float,
        trust_inodes: bool,
    ) -> None:
        self._services, self._root, self._known = services, root, known
        self._unsettled, self._quiet, self._trust_inodes = unsettled, quiet, trust_inodes
        self._held: list[FoundFile] = []
        self._unreadable: list[Unreadable] = []
        self._links: list[str] = []
        self._raw = self._new = 0

    def parts(self, top: str) -> Iterator[Diff]:
        """Yield what is new, changed or back, in the order of the walk."""
        differing: list[FoundFile] = []
        same = 0
        for folder in walk(top, self._services.rules, WHOLE):
            self._unreadable += folder.unreadable
            self._links += folder.links
            others = self._known.differing(folder.files)
            same += len(folder.files) - len(others)
            differing += others
            while len(differing) >= _FILES:
                yield self._part(differing[:_FILES], same)
                differing, same = differing[_FILES:], 0
            if same >= _MOST_MET:
                yield self._part(differing, same)
                differing, same = [], 0
        if differing or same:
            yield self._part(differing, same)

    def _part(self, found: Sequence[FoundFile], same: int) -> Diff:
        with reading(self._services.engine) as tx:
            rows = library.known_files_at(tx, self._root.id, [file.relpath for file in found])
        self._known.note(rows)
        plan = plan_scan(found, rows, unsettled=self._unsettled, trust_inodes=self._trust_inodes)
        held_back = [file for file in plan.new if self._known.may_have_moved(file)]
        self._held += held_back
        plan = plan.without(frozenset(file.relpath for file in held_back))
        self._new += len(plan.new)
        return Diff(self._root, replace(self._passed(plan), same=plan.same + same), (), (), None, partial=True)

    def _passed(self, plan: ScanPlan) -> ScanPlan:
        """Leave out what is not to be read, or not yet."""
        passed, raw = passed_over(self._services, self._root, plan, self._quiet)
        self._raw += raw
        return plan.without(passed)

    def rest(self, top: str, *, confirm_missing: bool) -> Diff:
        """What is known at the end only: moves, losses, and whether these are to be believed."""
        blind = [unread.relpath for unread in self._unreadable]
        gone = [] if self._known.all_met and not self._held else list(self._gone())
        plan = plan_scan(self._held, gone, unreadable=blind, unsettled=self._unsettled, trust_inodes=self._trust_inodes)
        self._new += len(plan.new)
        plan = self._passed(plan)
        ignored = tuple(row for row in plan.missing if is_ignored(top, row.relpath, self._services.rules))
        offline = next((unread.reason for unread in self._unreadable if unread.relpath == ""), None)
        if offline is None and not confirm_missing:
            hidden = {row.file_id for row in ignored}
            lost = [row for row in plan.missing if row.file_id not in hidden]
            offline = implausible(self._services, lost, present=self._known.present, new=self._new)
        return Diff(self._root, plan, tuple(self._unreadable), ignored, offline, self._raw, tuple(self._links))

    def _gone(self) -> Iterator[KnownFile]:
        with reading(self._services.engine) as tx:
            yield from filter(self._known.is_gone, library.each_known_file(tx, self._root.id))
