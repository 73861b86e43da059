"""Files that we placed in one collection and that somebody moved into the folder of another, perhaps under a new name.

Only what is proved to be ours counts, by the same proofs as where we put it: a copy by its bytes, a symlink by its text, a
hard link by being the photo's file. No link is followed, and nothing but regular files is opened.
"""

import os
import stat
from collections.abc import Container, Iterable, Iterator, Mapping

from organiser.core.collections.placement import (
    COLLECTION_MARKER,
    TEMPORARY_PREFIX,
    Placed,
    PlacementId,
    PlacementMode,
    State,
)
from organiser.placing.disk.within import Spot
from organiser.placing.observe import state_at

_Key = tuple[str, object]


def find_moved(
    folder: str, missing: Iterable[Placed], device: int | None, known: Container[str] = ()
) -> dict[PlacementId, str]:
    """Return, by placement, where below `folder` the file lies that is missing elsewhere; the first by name.

    Args:
        folder: a collection's, absolute; one that is not there holds nothing.
        missing: placements of other collections whose files are not where they were put.
        device: of the folder that they were put into; hard links cannot have left it.
        known: paths below `folder` that are placements of its own.
    """
    wanted: dict[_Key, list[Placed]] = {}
    for placed in missing:
        if placed.made.stamp is not None:
            wanted.setdefault(_key_of(placed), []).append(placed)
    found: dict[PlacementId, str] = {}
    for relpath, spot, status in _entries(folder):
        if relpath in known:
            continue
        candidates = (placed for key in _keys_at(spot, status) for placed in wanted.get(key, ()))
        match = next((placed for placed in candidates if _is(placed, spot, status, device)), None)
        if match is not None:
            found.setdefault(match.placement_id, relpath)
    return found


def _key_of(placed: Placed) -> _Key:
    """Return what a file must share with a placement to be worth comparing."""
    stamp = placed.made.stamp
    assert stamp is not None
    if placed.made.mode is PlacementMode.SYMLINK:
        return "link", stamp.link
    return ("inode", stamp.inode) if placed.made.mode is PlacementMode.HARDLINK else ("size", stamp.size)


def _keys_at(spot: Spot, status: os.stat_result) -> tuple[_Key, ...]:
    if stat.S_ISREG(status.st_mode):
        return ("size", status.st_size), ("inode", status.st_ino)
    if not stat.S_ISLNK(status.st_mode):
        return ()
    try:
        return (("link", spot.link_text()),)
    except OSError:
        return ()


def _is(placed: Placed, spot: Spot, status: os.stat_result, device: int | None) -> bool:
    """Whether a file is the one that was placed; a hard link must be on the file system that it was made on."""
    if placed.made.mode is PlacementMode.HARDLINK and status.st_dev != device:
        return False
    return state_at(spot, placed.made, placed.source) is State.INTACT


def _entries(folder: str) -> Iterator[tuple[str, Spot, os.stat_result]]:
    """Yield what lies at or below a folder and is no folder; other file systems mounted there are left out."""
    try:
        own = os.lstat(folder)
    except OSError:
        return
    if not stat.S_ISDIR(own.st_mode):
        return
    for path, folders, names, handle in os.fwalk(folder, follow_symlinks=False):
        if os.fstat(handle).st_dev != own.st_dev:
            folders.clear()
            continue
        folders.sort()
        links = [name for name in folders if _is_link(name, handle)]
        for name in sorted((*names, *links)):
            if name == COLLECTION_MARKER or name.startswith(TEMPORARY_PREFIX):
                continue
            spot = Spot(handle, name, os.path.join(path, name))
            status = spot.status()
            if status is not None:
                yield os.path.relpath(spot.path, folder), spot, status


def _is_link(name: str, handle: int) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(name, dir_fd=handle).st_mode)
    except OSError:
        return False


def without_ambiguous(found: Iterable[Mapping[PlacementId, object]]) -> frozenset[PlacementId]:
    """Return the placements that lie in more than one of these folders: nobody knows what was meant."""
    counts: dict[PlacementId, int] = {}
    for places in found:
        for placement_id in places:
            counts[placement_id] = counts.get(placement_id, 0) + 1
    return frozenset(key for key, count in counts.items() if count > 1)
