"""Collections as a person manages them: the two built-in ones, new ones, edits, removal, undo, verification."""

import os
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from organiser.core.collection import Collection
from organiser.core.layout import parse_layout
from organiser.core.placement import PlacementMode, State
from organiser.core.query.parse import parse
from organiser.errors import OrganiserError
from organiser.index import collections as saved
from organiser.index import journal, roots
from organiser.index.collections import SavedCollection
from organiser.index.engine import reading, writing
from organiser.jobs.journal import IndexJournal
from organiser.jobs.outcome import Outcome
from organiser.jobs.place import is_placed, placing, recorded_run, recover_placing, require
from organiser.jobs.services import Services
from organiser.jobs.syncing import NOT_PLACED, Difference, compare, recorded, site_of, sync, writers
from organiser.placing.encoding import decode_entry
from organiser.placing.journal import EntryId
from organiser.placing.observe import observe
from organiser.placing.site import Done
from organiser.placing.target import Target, check_target
from organiser.placing.undo import undo as undo_entries

BUILT_IN = ("happy", "sad")


@dataclass(frozen=True, slots=True)
class Check:
    """A placement that is not as it was placed."""

    collection: str
    destination: str
    state: State


def set_built_in(services: Services, folder: str | None, mode: str | None) -> None:
    """Give `happy` and `sad` the targets FOLDER/happy and FOLDER/sad, and a mode; None leaves what they have.

    Raises:
        PlacingError: a target would hide photos, or what lies in the old one cannot be taken away now.
    """
    for name in BUILT_IN:
        with reading(services.engine) as tx:
            one = saved.get(tx, name)
        if one is None:  # a person removed it
            one = _add(services, Collection(name, f"emotion:{name}"))
        wanted = one.collection
        if folder is not None:
            wanted = replace(wanted, target=os.path.join(folder, name))
        if mode is not None:
            wanted = replace(wanted, mode=PlacementMode(mode))
        if wanted != one.collection:
            edit(services, one, wanted)


def add(services: Services, one: Collection) -> SavedCollection:
    """Store a new collection.

    Raises:
        QueryError, LayoutError, PlacingError: its query, layout or target will not do; OrganiserError: the name is taken.
    """
    _check(services, one)
    with reading(services.engine) as tx:
        if saved.get(tx, one.name) is not None:
            raise OrganiserError(f"there is a collection {one.name!r} already", "organiser collections edit")
    return _add(services, one)


def edit(services: Services, one: SavedCollection, wanted: Collection) -> SavedCollection:
    """Change a collection; when its target changes, what we placed in the old one is taken away first."""
    _check(services, wanted)
    if wanted.target != one.collection.target and one.collection.target is not None:
        _empty(services, one)
    with writing(services.engine) as tx:
        saved.edit(tx, one.id, wanted)
    return SavedCollection(one.id, wanted)


def remove(services: Services, one: SavedCollection, *, keep_files: bool = False) -> Outcome:
    """Forget a collection; what we placed is taken away unless `keep_files`."""
    done = Outcome() if keep_files else _empty(services, one)
    with writing(services.engine) as tx:
        saved.remove(tx, one.id)
    return done


def sync_one(services: Services, one: SavedCollection, run_id: int | None = None) -> Outcome:
    """Bring one collection in line.

    Raises:
        Busy: another process is at it.
    """
    return _alone(services, one, run_id, empty=False)


def differences(services: Services) -> list[tuple[SavedCollection, Difference]]:
    """Return what syncing would do, collection by collection; changes nothing."""
    with reading(services.engine) as tx:
        every = saved.every(tx)
    return [(one, compare(services, one)) for one in every if is_placed(one)]


def verify(services: Services, one: SavedCollection) -> list[Check]:
    """Read everything a collection holds again; return what is missing, edited or unreadable."""
    with reading(services.engine) as tx:
        held = recorded(tx, services, one.id)
    seen = observe(one.collection.target, held, writers(), thorough=True)
    name = one.collection.name
    return [Check(name, placed.destination, placed.state) for placed in seen if placed.state is not State.INTACT]


def undo(services: Services, run_id: int | None = None) -> Outcome:
    """Undo what a run placed, newest first; None means the newest run that placed anything.

    Raises:
        Busy: another process is at it; OrganiserError: there is nothing to undo.
    """
    with placing(services) as mine:
        require(mine)
        recover_placing(services)
        with reading(services.engine) as tx:
            run_id = journal.latest_run(tx) if run_id is None else run_id
            rows = [] if run_id is None else journal.done_in(tx, run_id)
            names = {one.id: one for one in saved.every(tx)}
        if run_id is None or not rows:
            raise OrganiserError("there is nothing to undo")
        counts: Counter[str] = Counter()
        notes: list[str] = []
        for collection_id, target in dict.fromkeys((row.collection_id, row.step["target"]) for row in rows):
            those = [row for row in rows if (row.collection_id, row.step["target"]) == (collection_id, target)]
            entries = {EntryId(row.id): decode_entry(row.step, row.before) for row in those}
            one = names.get(collection_id)
            if one is None:
                notes.append(f"{len(entries)} steps belong to a collection that was removed")
                continue
            site = site_of(services, replace(one.collection, target=target), established=False)
            for came in undo_entries(entries, IndexJournal(services, run_id, collection_id), site):
                counts["undone" if isinstance(came, Done) else "not undone"] += 1
                if not isinstance(came, Done):
                    notes.append(f"{one.collection.name}: {came.error}")
    return Outcome(counts=counts, notes=tuple(notes))


def _add(services: Services, one: Collection) -> SavedCollection:
    with writing(services.engine) as tx:
        return SavedCollection(saved.add(tx, one, services.clock()), one)


def _check(services: Services, one: Collection) -> None:
    """Refuse what could never be synced: a query or layout that is none, a target that would hide photos."""
    parse(one.query, datetime.fromtimestamp(services.clock()))  # noqa: DTZ006 queries speak of local wall-clock time
    parse_layout(one.layout)
    if one.target is None:
        return
    with reading(services.engine) as tx:
        folders = [services.here(root.path) for root in roots.every(tx)]
        others = [each.collection.target for each in saved.every(tx) if each.collection.name != one.name]
    check_target(one.target, folders, [target for target in others if target is not None])


def _empty(services: Services, one: SavedCollection) -> Outcome:
    """Take away what we placed for a collection, and its folder if we made it.

    Raises:
        PlacingError: something of ours could not be taken away.
    """
    with reading(services.engine) as tx:
        if not saved.count_placements(tx, one.id):
            return Outcome()
    done = _alone(services, one, None, empty=True)
    if done.counts[NOT_PLACED]:
        raise OrganiserError("; ".join(done.notes), "organiser collections sync, then try again")
    if one.collection.target is not None and os.path.isdir(one.collection.target):
        Target(one.collection.target, one.collection.name).retire()
    return done


def _alone(services: Services, one: SavedCollection, run_id: int | None, *, empty: bool) -> Outcome:
    with placing(services) as mine:
        require(mine)
        notes = recover_placing(services)
        with recorded_run(services, run_id, "place") as own:
            done = sync(services, one, own, empty=empty)
    return Outcome(counts=done.counts, notes=(*notes, *done.notes))
