"""Collections as a person manages them: the two built-in ones, new ones, edits, removal, sync, verification."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from organiser.core.collections.collection import Choices, Collection
from organiser.core.collections.placement import PlacementMode, State
from organiser.errors import OrganiserError, Permanent, PlacingError
from organiser.index.db.engine import reading, writing
from organiser.index.tables import collections as saved
from organiser.index.tables.collections import SavedCollection
from organiser.index.work import pauses, scan_requests
from organiser.jobs.collections.check import check
from organiser.jobs.collections.lock import placing_alone
from organiser.jobs.collections.progress import Progress, Stopped, unseen
from organiser.jobs.collections.sync import (
    NOT_PLACED,
    Difference,
    compare,
    describe_failure,
    folders_of,
    home_of,
    recorded,
    sync,
    writers,
)
from organiser.jobs.messages import Place
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.place import is_placed, place, recorded_run, recover_placing
from organiser.placing.disk.target import give_up
from organiser.placing.observe import observe

BUILT_IN = ("happy", "sad")
_PERSON = "command line"


@dataclass(frozen=True, slots=True)
class Check:
    """A placement that is not as it was placed."""

    collection: str
    destination: str
    state: State


@dataclass(frozen=True, slots=True)
class Relocation:
    """A collection that would leave its folder for another, with how much is placed in the old one."""

    name: str
    old: str
    new: str
    placed: int

    def __str__(self) -> str:
        photos = f"{self.placed:,} photo{'' if self.placed == 1 else 's'}"
        return f"{self.name} is kept in {self.old} with {photos}; it would leave there for {self.new}"


def relocations(services: Services, folder: str) -> list[Relocation]:
    """Return which of `happy` and `sad` are kept in other folders than FOLDER/happy and FOLDER/sad."""
    found = []
    with reading(services.engine) as tx:
        for name in BUILT_IN:
            collection, new = saved.get(tx, name), os.path.join(folder, name)
            if collection is not None and collection.collection.target not in (None, new):
                found.append(
                    Relocation(name, str(collection.collection.target), new, saved.count_placements(tx, collection.id))
                )
    return found


def set_built_in(services: Services, folder: str | None, mode: str | None, *, relocate: bool = False) -> None:
    """Give `happy` and `sad` the targets FOLDER/happy and FOLDER/sad, and a mode; None leaves what they have.

    One that is held since it was undone stays held.

    Args:
        relocate: a person agreed that what lies in other targets goes.

    Raises:
        OrganiserError: they have other targets and nobody agreed.
        PlacingError: a target would hide photos, or what lies in the old one cannot be taken away now.
    """
    leaving = [] if folder is None or relocate else relocations(services, folder)
    if leaving:
        raise Permanent("; ".join(map(str, leaving)), _WAYS_OUT)
    for name in BUILT_IN:
        with reading(services.engine) as tx:
            collection = saved.get(tx, name)
        if collection is None:  # a person removed it
            collection = _add(services, Collection(name, f"emotion:{name}"))
        wanted = collection.collection
        if folder is not None:
            wanted = replace(wanted, target=os.path.join(folder, name))
        if mode is not None:
            wanted = replace(wanted, mode=PlacementMode(mode))
        if wanted != collection.collection:
            edit(services, collection, wanted)
    with writing(services.engine) as tx:
        scan_requests.request_placing(tx)


_WAYS_OUT = (
    "to keep it, fill another collection: organiser collections add NAME emotion:happy --to DIR; "
    "to move it: organiser collections edit happy --to DIR"
)


def add(services: Services, collection: Collection) -> SavedCollection:
    """Store a new collection.

    Raises:
        QueryError, LayoutError, PlacingError: its query, layout or target will not do; OrganiserError: the name is taken.
    """
    check(services, collection)
    return _add(services, collection)


def edit(
    services: Services,
    collection: SavedCollection,
    wanted: Collection,
    *,
    keep_files: bool = False,
    origin: str = _PERSON,
    progress: Progress = unseen,
) -> SavedCollection:
    """Change a collection; when its target changes, what we placed in the old one goes first, unless `keep_files`.

    Raises:
        QueryError, LayoutError, PlacingError: its new query, layout or target will not do.
        OrganiserError: another collection has its new name, or something of ours could not be taken away.
    """
    check(services, wanted, collection.collection)
    moves = wanted.target != collection.collection.target and collection.collection.target is not None
    if moves and not keep_files:
        _empty(services, collection, origin, progress)
    with writing(services.engine) as tx:
        if moves:
            saved.forget_placements(tx, collection.id)
        saved.edit(tx, collection.id, wanted)
    if moves:
        _give_up(services, collection)
    return SavedCollection(collection.id, wanted)


def remove(
    services: Services,
    collection: SavedCollection,
    *,
    keep_files: bool = False,
    origin: str = _PERSON,
    progress: Progress = unseen,
) -> Outcome:
    """Forget a collection; what we placed is taken away unless `keep_files`."""
    done = _keep(services) if keep_files else _empty(services, collection, origin, progress)
    with writing(services.engine) as tx:
        saved.remove(tx, collection.id)
    return Outcome(counts=done.counts, notes=(*done.notes, *_give_up(services, collection)))


def sync_one(
    services: Services,
    collection: SavedCollection,
    *,
    recreate: bool = False,
    choices: Choices | None = None,
    origin: str = _PERSON,
    progress: Progress = unseen,
) -> Outcome:
    """Bring one collection in line because a person wants it: one that is held is held no more.

    Args:
        choices: what they decided about what would be taken away or left.
        origin: what they used.
        progress: told how far it is.

    Raises:
        Busy: another process is at it; OrganiserError: placing is paused.
    """
    _refuse_paused(services)
    release(services, [collection])
    return _alone(services, collection, origin, recreate=recreate, choices=choices, progress=progress)


def sync_all(services: Services) -> Outcome:
    """Bring every collection in line because a person wants it.

    Raises:
        Busy: another process is at it; OrganiserError: placing is paused.
    """
    _refuse_paused(services)
    with reading(services.engine) as tx:
        every = saved.every(tx)
    release(services, every)
    return place(services, Place(fresh=True))


def _refuse_paused(services: Services) -> None:
    with reading(services.engine) as tx:
        if pauses.stopped(tx, "place"):
            raise OrganiserError("placing is paused", "organiser resume place has it go on")


def release(services: Services, released: Iterable[SavedCollection]) -> None:
    """Let collections follow their queries again that were held since they were undone."""
    with writing(services.engine) as tx:
        for collection in released:
            saved.release(tx, collection.id)


def differences(services: Services) -> list[tuple[SavedCollection, Difference]]:
    """Return what syncing would do, collection by collection; changes nothing."""
    with reading(services.engine) as tx:
        every = saved.every(tx)
    return [(collection, compare(services, collection)) for collection in every if is_placed(collection)]


def verify(services: Services, collection: SavedCollection, progress: Progress = unseen) -> list[Check]:
    """Read everything a collection holds again; return what is missing, edited or unreadable.

    Raises:
        Stopped: `progress` wants no more of it.
    """
    with reading(services.engine) as tx:
        placed_here = recorded(tx, services, collection.id)
    seen = observe(collection.collection.target, placed_here, writers(), thorough=True)
    name = collection.collection.name
    found = []
    for number, placed in enumerate(seen, 1):
        if placed.state is not State.INTACT:
            found.append(Check(name, placed.destination, placed.state))
        progress(number, len(placed_here))
    return found


def _add(services: Services, collection: Collection) -> SavedCollection:
    with writing(services.engine) as tx:
        return SavedCollection(saved.add(tx, collection, services.clock()), collection)


def _empty(services: Services, collection: SavedCollection, origin: str, progress: Progress) -> Outcome:
    """Take away what we placed for a collection, and its folder if we made it.

    Raises:
        OrganiserError: something of ours could not be taken away; Stopped: `progress` wants no more of it.
    """
    with reading(services.engine) as tx:
        if not saved.count_placements(tx, collection.id):
            return Outcome()
    ended: list[Stopped] = []

    def watched(number: int, total: int) -> None:
        try:
            progress(number, total)
        except Stopped as stopped:
            ended.append(stopped)
            raise

    done = _alone(services, collection, origin, empty=True, progress=watched)
    if ended:
        raise ended[0]
    if done.counts[NOT_PLACED]:
        raise OrganiserError("; ".join(done.notes), "sync it and try again, or leave what lies there with --keep-files")
    return done


def _give_up(services: Services, collection: SavedCollection) -> list[str]:
    """Let a folder be no collection's any more; return why that could not be done in full."""
    if collection.collection.target is None:
        return []
    try:
        give_up(collection.collection.target, collection.collection.name, folders_of(services), home_of(services))
    except PlacingError as error:
        return [describe_failure(collection, error)]
    return []


def _keep(services: Services) -> Outcome:
    """End what a crash left half done, before nobody knows any more whose it is."""
    with placing_alone(services):
        return Outcome(notes=tuple(recover_placing(services)))


def _alone(
    services: Services,
    collection: SavedCollection,
    origin: str,
    *,
    empty: bool = False,
    recreate: bool = False,
    choices: Choices | None = None,
    progress: Progress = unseen,
) -> Outcome:
    with placing_alone(services):
        notes = recover_placing(services)
        counts: Counter[str] = Counter()
        with recorded_run(services, None, "place", counts, origin) as own:
            done = sync(services, collection, own, empty=empty, recreate=recreate, choices=choices, progress=progress)
            counts.update(done.counts)
        notes += recover_placing(services)  # what was begun when somebody stopped it
    return Outcome(counts=done.counts, notes=(*notes, *done.notes))
