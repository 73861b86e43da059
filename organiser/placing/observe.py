"""What became of the files we placed: still ours, gone, or changed by someone else."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace

from organiser.core.collections.placement import Made, Placed, PlacementMode, State
from organiser.errors import PlacingError
from organiser.placing.disk.operations import digest_at
from organiser.placing.disk.within import Spot
from organiser.placing.metadata.writer import MetadataWriter, Writers


def observe(
    target: str | None, placed: Iterable[Placed], writers: Writers, *, thorough: bool = False
) -> Iterator[Placed]:
    """Give each placement the state it is in.

    Args:
        target: the collection's folder; needed for all modes but `tag`.
        placed: as recorded.
        writers: who reads the tags, by medium.
        thorough: read every copy again instead of trusting an unchanged size, mtime and inode.
    """
    for placement in placed:
        if placement.made.mode is PlacementMode.TAG:
            yield replace(placement, state=_state_of_tag(placement, writers))
        else:
            path = os.path.join(target or "", placement.destination)
            yield replace(placement, state=state_of(path, placement.made, placement.source, thorough=thorough))


def state_of(path: str, made: Made, source: str | None = None, *, thorough: bool = True) -> State:
    """Return what the file at `path` is: see :func:`state_at`."""
    return state_at(Spot.at(path), made, source, thorough=thorough)


def state_at(spot: Spot | None, made: Made, source: str | None = None, *, thorough: bool = True) -> State:
    """Return what the file at `spot`, or at no folder's, is compared with what we made there.

    A copy is ours by its digest, a symlink by its text, a hard link by its inode (or, where a file system makes inode
    numbers up anew, by being the same file as `source`).
    """
    stamp = made.stamp
    try:
        status = None if spot is None else spot.status()
        if spot is None or status is None:
            return State.MISSING
        if stamp is None:
            return State.EDITED
        if made.mode is PlacementMode.SYMLINK:
            ours = stat.S_ISLNK(status.st_mode) and spot.link_text() == stamp.link
        elif not stat.S_ISREG(status.st_mode):
            ours = False
        elif made.mode is PlacementMode.HARDLINK:
            ours = status.st_ino == stamp.inode or _same_file(status, source)
        elif status.st_size != stamp.size:
            ours = False
        else:
            same = (status.st_mtime_ns, status.st_ino) == (stamp.mtime_ns, stamp.inode)
            ours = (same and not thorough) or digest_at(spot) == stamp.digest
    except (FileNotFoundError, NotADirectoryError):
        return State.MISSING
    except OSError:
        return State.UNREADABLE
    return State.INTACT if ours else State.EDITED


def _same_file(status: os.stat_result, source: str | None) -> bool:
    if source is None:
        return False
    try:
        return os.path.samestat(status, os.stat(source))
    except OSError:
        return False


def _state_of_tag(placed: Placed, writers: Writers) -> State:
    """A tag is intact while writing it again would change nothing; what a person took out counts as their word."""
    made = placed.made
    if placed.tag is None or made.medium is None:
        return State.MISSING
    if made.path is not None and made.stamp is not None and _unchanged(made.path, made):
        return State.INTACT
    return _reading(writers[made.medium], placed)


def _unchanged(path: str, made: Made) -> bool:
    return state_of(path, made, thorough=False) is State.INTACT


def _reading(writer: MetadataWriter, placed: Placed) -> State:
    assert placed.tag is not None
    try:
        if not os.path.lexists(placed.destination):
            return State.MISSING if writer.clearing(placed.destination, placed.tag.keyword) is None else State.INTACT
        return State.INTACT if writer.writing(placed.destination, placed.tag) is None else State.MISSING
    except PlacingError:
        return State.UNREADABLE
