"""Paths as people give them → what the index knows there: by place, and for a file elsewhere by what it shows.

So a copy in a collection, or a picture mailed back, can be asked about and corrected like the original. Changes
nothing.
"""

import os
from collections.abc import Iterator, Mapping, Sequence

from organiser.core.library.folders import below, moved
from organiser.core.photo import FileId, PhotoId
from organiser.errors import Permanent
from organiser.files.digest import picture_digest
from organiser.index.db.engine import Index, Transaction, reading
from organiser.index.tables import erase, library, roots
from organiser.index.tables.roots import Root

_MOST_BYTES = 1 << 31
"""A larger file is no copy of a photo that anybody asks for by a path: its digest would take minutes, or days."""

Mounts = Mapping[str, str]
"""Where this host mounts a root that the index knows under another path."""


def photos_at(engine: Index, mounts: Mounts, path: str, *, nothing_is_fine: bool = False) -> list[PhotoId]:
    """Return the photo at `path`, or the photos below it when it is a folder.

    Raises:
        Permanent: the index knows nothing there, and that is not fine.
    """
    with reading(engine) as tx:
        for root, relpath in _places(tx, mounts, path):
            found = library.photos_at(tx, root.id, relpath)
            if found:
                return sorted(found)
    photo_id = _same_picture(engine, path)
    if photo_id is None and not nothing_is_fine:
        raise _unknown(path)
    return [] if photo_id is None else [photo_id]


def photo_at(engine: Index, mounts: Mounts, path: str) -> PhotoId:
    """Return the one photo at `path`.

    Raises:
        Permanent: the index knows none there, or several because it is a folder.
    """
    found = photos_at(engine, mounts, path)
    if len(found) > 1:
        raise Permanent(f"{path} is a folder of {len(found)} photos", "name one photo")
    return found[0]


def strays_at(engine: Index, mounts: Mounts, path: str) -> list[FileId]:
    """Return the files at or below `path` whose picture could not be read, so that they belong to no photo."""
    with reading(engine) as tx:
        for root, relpath in _places(tx, mounts, path):
            found = erase.files_at(tx, root.id, relpath)
            if found:
                return [file_id for file_id, photo_id in found if photo_id is None]
    return []


def root_of(known: Sequence[Root], mounts: Mounts, path: str) -> tuple[Root, str] | None:
    """Return the root that an absolute path of this host lies under, and the relative path below it."""
    for root in known:
        relpath = below(path, mounted(mounts, root.path))
        if relpath is not None:
            return root, relpath
    return None


def mounted(mounts: Mounts, path: str) -> str:
    """Return an absolute path of the index as this host mounts it."""
    for known, here in mounts.items():
        place = moved(path, known, here)
        if place is not None:
            return place
    return path


def in_index(mounts: Mounts, path: str) -> str:
    """Return an absolute path of this host as the index knows it; the reverse of `mounted`."""
    tops = ((known, top) for known, here in mounts.items() for top in (here.rstrip("/"), os.path.realpath(here)))
    for known, top in sorted(tops, key=lambda pair: -len(pair[1])):
        place = moved(path, top, known)
        if place is not None:
            return place
    return path


def in_roots(known: Sequence[Root], mounts: Mounts, path: str) -> str | None:
    """Return `path` absolute and as a root spells it, or None when it lies under none."""
    for spelled in _spellings(path):
        if root_of(known, mounts, spelled) is not None:
            return spelled
    return None


def _places(tx: Transaction, mounts: Mounts, path: str) -> Iterator[tuple[Root, str]]:
    """Yield where in a root `path` lies, as it is written and with symbolic links followed."""
    known = roots.every(tx)
    for spelled in _spellings(path):
        found = root_of(known, mounts, spelled)
        if found is not None:
            yield found


def _spellings(path: str) -> dict[str, None]:
    return dict.fromkeys((os.path.abspath(path), os.path.realpath(path)))


def _same_picture(engine: Index, path: str) -> PhotoId | None:
    if not os.path.isfile(path):
        return None
    try:
        digest = picture_digest(path, max_bytes=_MOST_BYTES)
    except OSError as error:
        raise Permanent(f"{path}: {error.strerror}") from error
    with reading(engine) as tx:
        return erase.photo_of_digest(tx, digest)


def _unknown(path: str) -> Permanent:
    if not os.path.lexists(path):
        return Permanent(f"{path}: there is no such file, and the index knows none by that name")
    return Permanent(
        f"{path} is not in the index", "organiser scan reads it; organiser roots list shows what was scanned"
    )
