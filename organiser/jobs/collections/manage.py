"""Collections as a person manages them: the two built-in ones, new ones, edits, removal, undo, verification."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from organiser.core.collection import Collection
from organiser.core.placement import PlacementMode, State
from organiser.errors import OrganiserError, Permanent, PlacingError
from organiser.index.db.engine import reading, writing
from organiser.index.tables import collections as saved
from organiser.index.tables import journal
from organiser.index.tables.collections import SavedCollection
from organiser.index.work import pauses, scan_requests
from organiser.jobs.collections.check import check
from organiser.jobs.collections.journal import IndexJournal
from organiser.jobs.collections.lock import placing_alone
from organiser.jobs.collections.sync import (
    NOT_PLACED,
    Difference,
    compare,
    context_of,
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
from organiser.jobs.steps.place import how_held, is_placed, place, recorded_run, recover_placing
from organiser.placing.context import Done
from organiser.placing.disk.target import give_up
from organiser.placing.encoding import decode_entry
from organiser.placing.journal import Entry, EntryId
from organiser.placing.observe import observe
from organiser.placing.undo import undo as undo_entries

BUILT_IN = ("happy", "sad")


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
            one, new = saved.get(tx, name), os.path.join(folder, name)
            if one is not None and one.collection.target not in (None, new):
                found.append(Relocation(name, str(one.collection.target), new, saved.count_placements(tx, one.id)))
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
    with reading(services.engine) as tx:
        if saved.get(tx, collection.name) is not None:
            raise OrganiserError(f"there is a collection {collection.name!r} already", "organiser collections edit")
    return _add(services, collection)


def edit(
    services: Services, collection: SavedCollection, wanted: Collection, *, keep_files: bool = False
) -> SavedCollection:
    """Change a collection; when its target changes, what we placed in the old one goes first, unless `keep_files`."""
    check(services, wanted, collection.collection)
    moves = wanted.target != collection.collection.target and collection.collection.target is not None
    if moves and not keep_files:
        _empty(services, collection)
    with writing(services.engine) as tx:
        if moves:
            saved.forget_placements(tx, collection.id)
        saved.edit(tx, collection.id, wanted)
    if moves:
        _give_up(services, collection)
    return SavedCollection(collection.id, wanted)


def remove(services: Services, collection: SavedCollection, *, keep_files: bool = False) -> Outcome:
    """Forget a collection; what we placed is taken away unless `keep_files`."""
    done = _keep(services) if keep_files else _empty(services, collection)
    with writing(services.engine) as tx:
        saved.remove(tx, collection.id)
    return Outcome(counts=done.counts, notes=(*done.notes, *_give_up(services, collection)))


def sync_one(services: Services, collection: SavedCollection, *, recreate: bool = False) -> Outcome:
    """Bring one collection in line because a person wants it: one that is held is held no more.

    Raises:
        Busy: another process is at it; OrganiserError: placing is paused.
    """
    _refuse_paused(services)
    release(services, [collection])
    return _alone(services, collection, recreate=recreate)


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


def verify(services: Services, collection: SavedCollection) -> list[Check]:
    """Read everything a collection holds again; return what is missing, edited or unreadable."""
    with reading(services.engine) as tx:
        placed_here = recorded(tx, services, collection.id)
    seen = observe(collection.collection.target, placed_here, writers(), thorough=True)
    name = collection.collection.name
    return [Check(name, placed.destination, placed.state) for placed in seen if placed.state is not State.INTACT]


def undo(services: Services, run_id: int | None = None, only: SavedCollection | None = None) -> Outcome:
    """Undo what a run placed, newest first; None means the newest run that placed anything.

    Its collections are held from then on: nothing is placed in them but by a person's sync.

    Args:
        only: leave what the run did in other collections.

    Raises:
        Busy: another process is at it; OrganiserError: there is nothing to undo.
    """
    with placing_alone(services):
        recover_placing(services)
        with reading(services.engine) as tx:
            run_id = journal.latest_run(tx, None if only is None else only.id) if run_id is None else run_id
            done = [] if run_id is None else journal.done_in(tx, run_id)
            rows = [row for row in done if only is None or row.collection_id == only.id]
            names = {collection.id: collection for collection in saved.every(tx)}
        if run_id is None or not rows:
            raise OrganiserError("there is nothing to undo")
        counts: Counter[str] = Counter()
        notes: list[str] = []
        undone: dict[int, str] = {}
        for collection_id, target in dict.fromkeys((row.collection_id, row.step["target"]) for row in rows):
            those = [row for row in rows if (row.collection_id, row.step["target"]) == (collection_id, target)]
            entries = {EntryId(row.id): decode_entry(row.step, row.before) for row in those}
            collection = None if collection_id is None else names.get(collection_id)
            if collection is None or target not in (None, collection.collection.target):
                counts["not undone"] += len(entries)
                notes.append(_out_of_reach(collection, len(entries), target))
                continue
            came = _undo_in(services, collection, run_id, entries)
            counts.update(came.counts)
            notes += came.notes
            undone[collection.id] = collection.collection.name
        if undone:
            notes.append(how_held(list(undone.values())))
    return Outcome(counts=counts, notes=tuple(notes))


def _out_of_reach(collection: SavedCollection | None, count: int, target: str | None) -> str:
    if collection is None:
        return f"{count} steps belong to a collection that was removed"
    name = collection.collection.name
    return f"{name}: {count} steps were done in {target}, which is not its folder any more"


def _undo_in(services: Services, collection: SavedCollection, run_id: int, entries: dict[EntryId, Entry]) -> Outcome:
    """Undo a run's steps in one collection, which is held first, so that nothing fills it again in between."""
    with writing(services.engine) as tx:
        saved.hold(tx, collection.id, services.clock())
    with reading(services.engine) as tx:
        placed_here = recorded(tx, services, collection.id)
    in_folder = any(placed.made.mode is not PlacementMode.TAG for placed in placed_here)
    counts: Counter[str] = Counter()
    notes: list[str] = []
    context = context_of(services, collection.collection, established=in_folder)
    for came in undo_entries(entries, IndexJournal(services, run_id, collection.id), context):
        counts["undone" if isinstance(came, Done) else "not undone"] += 1
        if not isinstance(came, Done):
            notes.append(describe_failure(collection, came.error))
    return Outcome(counts=counts, notes=tuple(notes))


def _add(services: Services, collection: Collection) -> SavedCollection:
    with writing(services.engine) as tx:
        return SavedCollection(saved.add(tx, collection, services.clock()), collection)


def _empty(services: Services, collection: SavedCollection) -> Outcome:
    """Take away what we placed for a collection, and its folder if we made it.

    Raises:
        PlacingError: something of ours could not be taken away.
    """
    with reading(services.engine) as tx:
        if not saved.count_placements(tx, collection.id):
            return Outcome()
    done = _alone(services, collection, empty=True)
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


def _alone(services: Services, collection: SavedCollection, *, empty: bool = False, recreate: bool = False) -> Outcome:
    with placing_alone(services):
        notes = recover_placing(services)
        counts: Counter[str] = Counter()
        with recorded_run(services, None, "place", counts, "command line") as own:
            done = sync(services, collection, own, empty=empty, recreate=recreate)
            counts.update(done.counts)
    return Outcome(counts=done.counts, notes=(*notes, *done.notes))
