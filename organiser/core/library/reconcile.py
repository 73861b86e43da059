"""The diff between the files found on disk and the file rows already known: what a scan has to do. Pure.

Owns the comparison and the pairing of moves by stat; refuses to know how files were found, how rows are kept, or what a
file holds. A move across roots, or by copy and delete, shows as new + missing here; the digest of its picture joins it
to its photo later.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from organiser.core.photo import FileId, PhotoId


class FoundFile(NamedTuple):
    """A file on disk, as one stat saw it.

    Attributes:
        relpath: below the root, '/' between parts; bytes that are no UTF-8 are surrogate-escaped.
        size: in bytes.
        mtime_ns: last modification, in nanoseconds since the epoch.
        device, inode: what the file system calls it; a device number may differ after a remount.
    """

    relpath: str
    size: int
    mtime_ns: int
    device: int
    inode: int


class KnownFile(NamedTuple):
    """A file as the index remembers it; the stat fields are those of :class:`FoundFile`.

    Attributes:
        photo_id: None as long as the picture was never digested.
        missing_since: seconds since the epoch, or None while the file is there.
    """

    file_id: FileId
    relpath: str
    size: int
    mtime_ns: int
    device: int
    inode: int
    photo_id: PhotoId | None
    missing_since: float | None


class Unreadable(NamedTuple):
    """A file or folder that is there but could not be read; nothing at or below `relpath` counts as missing."""

    relpath: str
    reason: str


Pair = tuple[KnownFile, FoundFile]


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of a root is in doubt.

    Attributes:
        trees: folders with everything below them; '' is the root, hence the whole of it.
        directories: folders with only the files directly in them.

    >>> Scope(trees=frozenset({"2024"}), directories=frozenset({"2023"})).covers("2024/05/a.jpg")
    True
    >>> Scope(directories=frozenset({"2023"})).covers("2023/05/a.jpg")
    False
    """

    trees: frozenset[str] = frozenset()
    directories: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether every file of the root is in doubt."""
        return "" in self.trees

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(self.trees | other.trees, self.directories | other.directories)

    def covers(self, relpath: str) -> bool:
        """Whether the file at `relpath` is in doubt."""
        return relpath.rpartition("/")[0] in self.directories or is_below(relpath, self.trees)

    def minimal(self) -> "Scope":
        """The same scope without what another of its trees already covers."""
        trees = frozenset(tree for tree in self.trees if not is_below(tree.rpartition("/")[0], self.trees) or not tree)
        return Scope(trees, frozenset(name for name in self.directories if not is_below(name, trees)))


WHOLE = Scope(trees=frozenset({""}))


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """What applying a scan means; every file found is in exactly one of the groups or counted in `same`.

    Attributes:
        new: at a path that is not known and not the other end of a move.
        changed: at a known path with another stat, or never digested; to be digested, and present again if missing.
        moved: the row's old path is gone and a new path has its stat; the row keeps its photo, its path is the file's.
        returned: at a known path with the known stat, but was missing.
        missing: was present, is gone.
        same: how many need nothing.
    """

    new: tuple[FoundFile, ...] = ()
    changed: tuple[Pair, ...] = ()
    moved: tuple[Pair, ...] = ()
    returned: tuple[Pair, ...] = ()
    missing: tuple[KnownFile, ...] = ()
    same: int = 0

    @property
    def empty(self) -> bool:
        """Whether the index already says what the disk does."""
        return not (self.new or self.changed or self.moved or self.returned or self.missing)

    def without(self, relpaths: Collection[str]) -> "ScanPlan":
        """The same plan with these new and changed files left for a later scan."""
        new = tuple(file for file in self.new if file.relpath not in relpaths)
        changed = tuple(pair for pair in self.changed if pair[1].relpath not in relpaths)
        return replace(self, new=new, changed=changed)


def plan_scan(
    found: Iterable[FoundFile],
    known: Iterable[KnownFile],
    *,
    lost: Iterable[KnownFile] = (),
    unreadable: Iterable[str] = (),
    unsettled: Collection[str] = (),
    trust_inodes: bool = True,
) -> ScanPlan:
    """Compare what a scan found with what is known of the same part of the root.

    Args:
        found: every file in the scope of the scan, each path once.
        known: every row in that same scope, missing ones included; a path that is not among `found` is gone.
        lost: rows from outside the scope whose file is known to be gone, as other ends of moves.
        unreadable: paths whose content could not be seen; rows at or below them are left alone.
        unsettled: files that are still being written: neither found nor gone, their rows are left alone.
        trust_inodes: False where the file system makes inode numbers up anew (many network ones): then size and mtime
            alone decide whether a file at a known path changed.
    """
    rows = {row.relpath: row for row in known}
    new: list[FoundFile] = []
    changed: list[Pair] = []
    returned: list[Pair] = []
    same = 0
    take = rows.pop
    for file in found:
        relpath, size, mtime_ns, _, inode = file
        row = take(relpath, None)
        if unsettled and relpath in unsettled:
            continue
        if row is None:
            new.append(file)
            continue
        _, _, known_size, known_mtime_ns, _, known_inode, photo_id, missing_since = row
        if (
            size != known_size
            or mtime_ns != known_mtime_ns
            or (inode != known_inode and trust_inodes)
            or photo_id is None
        ):
            changed.append((row, file))
        elif missing_since is None:
            same += 1
        else:
            returned.append((row, file))
    unseen = frozenset((*unreadable, *unsettled))
    gone = [row for row in rows.values() if not is_below(row.relpath, unseen)]
    moved = _pair_moves(new, [*gone, *lost])
    if moved:
        arrived = {file.relpath for _, file in moved}
        new = [file for file in new if file.relpath not in arrived]
    departed = {row.file_id for row, _ in moved}
    missing = [row for row in gone if row.missing_since is None and row.file_id not in departed]
    return ScanPlan(tuple(new), tuple(changed), tuple(moved), tuple(returned), tuple(missing), same)


def is_below(relpath: str, folders: Collection[str]) -> bool:
    """Whether `relpath` is one of `folders` or lies anywhere below one; '' holds everything."""
    if not folders:
        return False
    if "" in folders:
        return True
    while relpath:
        if relpath in folders:
            return True
        relpath = relpath.rpartition("/")[0]
    return False


def _pair_moves(new: Sequence[FoundFile], gone: Sequence[KnownFile]) -> list[Pair]:
    """Pair each new path with a gone row of the same inode, size and mtime; on several, the likest one.

    The device takes no part in the key because a remount renumbers it; it only breaks ties, as does the file's name.
    """
    if not new or not gone:
        return []
    candidates: dict[tuple[int, int, int], list[KnownFile]] = {}
    for row in gone:
        if row.photo_id is not None and row.inode:
            candidates.setdefault((row.inode, row.size, row.mtime_ns), []).append(row)
    pairs: list[Pair] = []
    for file in sorted(new):
        rows = candidates.get((file.inode, file.size, file.mtime_ns))
        if rows:
            row = min(rows, key=lambda row: _unlikeness(row, file))
            rows.remove(row)
            pairs.append((row, file))
    return pairs


def _unlikeness(row: KnownFile, file: FoundFile) -> tuple[bool, bool, str]:
    same_name = row.relpath.rpartition("/")[2] == file.relpath.rpartition("/")[2]
    return (row.device != file.device, not same_name, row.relpath)


@dataclass(frozen=True, slots=True)
class LossLimits:
    """How much of a root may vanish at once and still be believed.

    Attributes:
        share: of the files known, 0–1; more than this is implausible …
        least: … if it is also more than this many files.
    """

    share: float = 0.25
    least: int = 50


def implausible_loss(known_count: int, missing_count: int, limits: LossLimits, *, new_count: int = 0) -> bool:
    """Whether so many files vanished at once that a lost mount is likelier than a person tidying up.

    Args:
        known_count: files of the whole root that were present before the scan.
        missing_count: how many of them the scan did not find again, moves not counted.
        new_count: files the scan found for the first time; any shows that the root is not simply empty.
    """
    if missing_count and missing_count >= known_count and not new_count:
        return True
    return missing_count > limits.least and missing_count > limits.share * known_count
