"""Forgetting: every derived trace of photos is erased, in the index, in collections and in metadata. Originals stay.

What was placed goes first, while the index still knows it; then the rows, chunk by chunk, each in one transaction, so
that a stop half-way leaves no photo half forgotten. The placers' lock is held throughout: who placed in between would
bring back what nobody knows of afterwards. What a person edited in a collection is theirs: it stays and is told.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from organiser.core.chunks import chunks
from organiser.core.library.folders import is_within
from organiser.core.photo import FileId, PhotoId
from organiser.files.exclude import exclude
from organiser.index.db.engine import reading, writing
from organiser.index.tables import erase, journal, library
from organiser.index.tables import roots as root_rows
from organiser.index.tables.roots import Root
from organiser.jobs import paths
from organiser.jobs.actions import roots
from organiser.jobs.collections.lock import kept, placing_alone
from organiser.jobs.rendered import clear_rendered
from organiser.jobs.services import Services
from organiser.jobs.steps.place import withdraw

_CHUNK = 500
_SHOWN = {
    "photos": "photo",
    "files": "file record",
    "faces": "face",
    "crops": "crop",
    "predictions": "prediction",
    "verdicts": "verdict",
    "corrections": "correction",
    "removed": "placed file",
    "untagged": "tag",
    "placements": "placement record",
}


@dataclass(slots=True)
class Erased:
    """What went, counted by table, and what a person should know, e.g. of files that were left."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def in_words(self) -> str:
        """Return the counts as a text.

        >>> Erased(Counter(photos=2, crops=1)).in_words()
        '2 photos, 1 crop'
        """
        parts = [
            f"{self.counts[key]} {word}{'' if self.counts[key] == 1 else 's'}"
            for key, word in _SHOWN.items()
            if self.counts[key]
        ]
        return ", ".join(parts) or "nothing"


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be forgotten: photos, and files that belong to no photo because they could not be read."""

    photo_ids: tuple[PhotoId, ...]
    strays: tuple[FileId, ...] = ()


def target_of(services: Services, named: Iterable[str]) -> Target:
    """Return what lies at or below these paths.

    Raises:
        Permanent: the index knows nothing at one of them.
    """
    photo_ids: dict[PhotoId, None] = {}
    strays: dict[FileId, None] = {}
    for path in named:
        here = paths.strays_at(services.engine, services.roots, path)
        strays |= dict.fromkeys(here)
        photo_ids |= dict.fromkeys(paths.photos_at(services.engine, services.roots, path, nothing_is_fine=bool(here)))
    return Target(tuple(photo_ids), tuple(strays))


def everything(services: Services) -> Target:
    """Return all there is."""
    with reading(services.engine) as tx:
        strays = [
            file_id
            for root in root_rows.every(tx)
            for file_id, photo_id in erase.files_at(tx, root.id, "")
            if photo_id is None
        ]
    return Target(tuple(key for part in _pages(services) for key in part), tuple(strays))


def forget(services: Services, target: Target) -> Erased:
    """Erase every derived trace of the target; its roots stay, so the next scan reads what lies there again.

    Raises:
        Busy: another process is filling the collections.
    """
    erased = Erased()
    with placing_alone(services):
        _withdraw(services, target.photo_ids, erased)
        keep = kept(services)
        for part in chunks(target.photo_ids, _CHUNK):
            keep("erase")
            with writing(services.engine) as tx:
                erase.overwrite_deleted(tx)
                erased.counts += erase.count(tx, part)
                library.forget_photos(tx, part)
    with writing(services.engine) as tx:
        erase.overwrite_deleted(tx)
        for part in chunks(target.photo_ids, _CHUNK):
            journal.drop_of(tx, part)
        library.forget_files(tx, target.strays)
        erased.counts["files"] += len(target.strays)
    erase.wipe_leftovers(services.engine)
    clear_rendered(services.home)
    return erased


def drop_unwanted_pictures(services: Services) -> int:
    """Erase the crops and thumbnails kept from when they were wanted; return how many, 0 while they are wanted."""
    gone = 0
    while not services.jobs.keep_crops:
        with writing(services.engine) as tx:
            erase.overwrite_deleted(tx)
            count = erase.drop_pictures(tx, _CHUNK)
        gone += count
        if not count:
            break
    if gone:
        erase.wipe_leftovers(services.engine)
        clear_rendered(services.home)
    return gone


def exclude_from_scans(services: Services, named: Sequence[str]) -> list[str]:
    """Write the rules that keep these paths, and other files of their photos, from being scanned; call before `forget`.

    Returns the ignore files written.

    Raises:
        OSError: one cannot be written.
    """
    with reading(services.engine) as tx:
        known = root_rows.every(tx)
    written: dict[str, None] = {}
    for path in _covering(services, known, named):
        found = paths.root_of(known, services.roots, path)
        if found is not None:
            file = exclude(path, root=services.here(found[0].path))
            written |= dict.fromkeys([file] if file else [])
    return list(written)


def exclude_roots(services: Services) -> list[str]:
    """Write a rule into every root that keeps all of it from being scanned; return the ignore files written."""
    tops = [services.here(root.path) for root in roots.every(services.engine)]
    return [file for top in tops if (file := exclude(top, root=top)) is not None]


def remove_root(services: Services, path: str) -> tuple[Root, Erased]:
    """Take a root back: erase what was derived from photos that lie only there, but for what people corrected.

    Raises:
        Permanent: no root is at `path`; Busy: another process is filling the collections.
    """
    root = roots.named(roots.every(services.engine), path, services.roots)
    erased = Erased()
    with reading(services.engine) as tx:
        leaving = erase.photos_only_under(tx, root.id)
    with placing_alone(services):
        _withdraw(services, leaving, erased)
        kept(services)
        with writing(services.engine) as tx:
            erase.overwrite_deleted(tx)
            before = sum((erase.count(tx, part) for part in chunks(leaving, _CHUNK)), Counter[str]())
            root_rows.remove(tx, root.id)
            library.purge_orphans(tx)
            erased.counts += before - sum((erase.count(tx, part) for part in chunks(leaving, _CHUNK)), Counter[str]())
    erase.wipe_leftovers(services.engine)
    clear_rendered(services.home)
    return root, erased


def _withdraw(services: Services, photo_ids: Sequence[PhotoId], erased: Erased) -> None:
    done = withdraw(services, frozenset(photo_ids))
    erased.counts += done.counts
    erased.notes += done.notes


def _covering(services: Services, known: Sequence[Root], named: Sequence[str]) -> list[str]:
    """The paths as the roots spell them, and every other place where one of their photos lies."""
    own: dict[str, None] = {}
    for path in named:
        spelled = paths.in_roots(known, services.roots, path)
        own |= dict.fromkeys([spelled] if spelled else [])
    photo_ids = target_of(services, named).photo_ids
    for part in chunks(photo_ids, _CHUNK):
        with reading(services.engine) as tx:
            places = library.present_files(tx, part)
        elsewhere = (services.here(place.path) for photo_places in places.values() for place in photo_places)
        own |= {path: None for path in elsewhere if not any(is_within(path, top) for top in own)}
    return list(own)


def _pages(services: Services) -> Iterator[list[PhotoId]]:
    after = 0
    while True:
        with reading(services.engine) as tx:
            ids = erase.page(tx, after=after)
        if not ids:
            return
        yield ids
        after = ids[-1]
