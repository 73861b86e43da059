"""Undoing what a run placed, collection by collection, each of which is held from then on."""

from collections import Counter

from organiser.core.collections.placement import PlacementMode
from organiser.errors import OrganiserError
from organiser.index.db.engine import reading, writing
from organiser.index.tables import collections as saved
from organiser.index.tables import journal
from organiser.index.tables.collections import SavedCollection
from organiser.jobs.collections.journal import IndexJournal
from organiser.jobs.collections.lock import placing_alone
from organiser.jobs.collections.progress import Progress, Stopped, unseen
from organiser.jobs.collections.sync import context_of, describe_failure, recorded
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.place import how_held, recover_placing
from organiser.placing.context import Done
from organiser.placing.encoding import decode_entry
from organiser.placing.journal import Entry, EntryId
from organiser.placing.undo import undo as undo_entries


def undo(
    services: Services,
    run_id: int | None = None,
    only: SavedCollection | None = None,
    progress: Progress = unseen,
) -> Outcome:
    """Undo what a run placed, newest first; None means the newest run that placed anything.

    Its collections are held from then on: nothing is placed in them but by a person's sync.

    Args:
        only: leave what the run did in other collections.
        progress: told how far it is, collection by collection; when it raises Stopped the rest is left.

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
            own_rows = [row for row in rows if (row.collection_id, row.step["target"]) == (collection_id, target)]
            entries = {EntryId(row.id): decode_entry(row.step, row.before) for row in own_rows}
            collection = None if collection_id is None else names.get(collection_id)
            if collection is None or target not in (None, collection.collection.target):
                counts["not undone"] += len(entries)
                notes.append(_out_of_reach(collection, len(entries), target))
                continue
            came = _undo_in(services, collection, run_id, entries, progress)
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


def _undo_in(
    services: Services,
    collection: SavedCollection,
    run_id: int,
    entries: dict[EntryId, Entry],
    progress: Progress,
) -> Outcome:
    """Undo a run's steps in one collection, which is held first, so that nothing fills it again in between."""
    with writing(services.engine) as tx:
        saved.hold(tx, collection.id, services.clock())
    with reading(services.engine) as tx:
        placed_here = recorded(tx, services, collection.id)
    in_folder = any(placed.made.mode is not PlacementMode.TAG for placed in placed_here)
    counts: Counter[str] = Counter()
    notes: list[str] = []
    context = context_of(services, collection.collection, established=in_folder)
    try:
        for number, came in enumerate(undo_entries(entries, IndexJournal(services, run_id, collection.id), context), 1):
            counts["undone" if isinstance(came, Done) else "not undone"] += 1
            if not isinstance(came, Done):
                notes.append(describe_failure(collection, came.error))
            progress(number, len(entries))
    except Stopped as stopped:
        notes.append(f"{collection.collection.name}: {stopped}; undo it once more for the rest")
    return Outcome(counts=counts, notes=tuple(notes))
