"""What a scan has to remember of a root's rows, however many there are: a number each. Pure.

A file that a walk meets is the one that a row tells of if its path and stat have the row's number; only what differs is
looked up. What was never met is gone. 64 bits tell a hundred million files apart but for one time in thousands, and a
pair that they confuse is a changed file taken for unchanged until it changes again.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from organiser.core.library.reconcile import FoundFile, KnownFile
from organiser.core.photo import FileId

FileStat = tuple[str, int, int, int]
"""Path, size, modification time and inode of a file."""


class KnownFiles:
    """The rows of a root as a scan found them when it began.

    Args:
        read: gives all of them, a fresh reading at each call; none is kept.
        stats: gives path, size, modification time and inode of those that are there and were digested, in tuples and in
            pages; the inode is 0 where `trust_inodes` is not given.
        unread: gives the paths of those that are there and were never digested.
        trust_inodes: see `reconcile.plan_scan`.
    """

    def __init__(
        self,
        read: Callable[[], Iterable[KnownFile]],
        stats: Iterable[Sequence[FileStat]],
        unread: Iterable[str],
        *,
        trust_inodes: bool,
    ) -> None:
        self._read = read
        self._trust_inodes = trust_inodes
        self._unmet: set[int] = set()
        self._returned: set[FileId] = set()
        self._movable: array[int] | None = None
        self.present = 0
        """How many files were there."""
        for page in stats:
            self.present += len(page)
            self._unmet.update(map(hash, page))  # a row as it is read is what `_key` takes the number of
        for relpath in unread:
            self.present += 1
            self._unmet.add(hash((relpath,)))

    def differing(self, files: Iterable[FoundFile]) -> list[FoundFile]:
        """Return the files that are not as their rows say, if they have any; about the others nothing need be done."""
        unmet, trusted = self._unmet, self._trust_inodes
        others = []
        for file in files:
            relpath, size, mtime_ns, _, inode = file
            key = hash((relpath, size, mtime_ns, inode if trusted else 0))
            if key in unmet:
                unmet.remove(key)
            else:
                others.append(file)
        return others

    def note(self, rows: Iterable[KnownFile]) -> None:
        """Note rows at whose paths files were met, whatever they are now."""
        for row in rows:
            self._unmet.discard(self._key(row))
            self._unmet.discard(hash((row.relpath,)))
            if row.missing_since is not None:
                self._returned.add(row.file_id)

    def may_have_moved(self, file: FoundFile) -> bool:
        """Whether some row has the stat of a file at a new path, which is then the same file if the row's path is gone."""
        if self._movable is None:
            movable = (_stat_of(row) for row in self._read() if row.photo_id is not None and row.inode)
            self._movable = array("q", sorted(array("q", movable)))
        wanted = _stat_of(file)
        at = bisect_left(self._movable, wanted)
        return at < len(self._movable) and self._movable[at] == wanted

    @property
    def all_met(self) -> bool:
        """Whether no file that was there is gone."""
        return not self._unmet

    def is_gone(self, row: KnownFile) -> bool:
        """Whether no file was met at a row's path; after the walk."""
        if row.missing_since is not None:
            return row.file_id not in self._returned
        return self._key(row) in self._unmet or hash((row.relpath,)) in self._unmet

    def _key(self, row: KnownFile) -> int:
        """A row's number; that of one never digested is of its path alone, so that no file is as it says."""
        if row.photo_id is None:
            return hash((row.relpath,))
        return hash((row.relpath, row.size, row.mtime_ns, row.inode if self._trust_inodes else 0))


def _stat_of(file: FoundFile | KnownFile) -> int:
    return hash((file.inode, file.size, file.mtime_ns))
