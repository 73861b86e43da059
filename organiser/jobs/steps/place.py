"""The place step: collections on disk and in metadata follow their queries.

Owns what a crash left; `collections.sync` owns one collection. What is wanted is asked anew each time;
`photo_ids` in the message only says which placements are to be checked on disk.
"""

import shlex
from collections import Counter
from collections.abc import Collection as Container
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

from organiser.core.collections.placement import PlacementMode
from organiser.core.photo import PhotoId
from organiser.index.db.engine import reading, writing
from organiser.index.tables import collections as saved
from organiser.index.tables import journal, runs
from organiser.index.tables.collections import SavedCollection
from organiser.index.work import pauses, scan_requests
from organiser.jobs.collections.journal import IndexJournal
from organiser.jobs.collections.lock import Busy, placing
from organiser.jobs.collections.sync import sync, withdraw_photos, writers
from organiser.jobs.messages import Place
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import Services
from organiser.placing.encoding import decode_entry
from organiser.placing.journal import EntryId
from organiser.placing.recover import recover

_MOST_NOTES = 50


def place(services: Services, message: Place) -> Outcome:
    """Sync every collection that has a target or tags; what cannot be done is told in notes and sinks nothing else.

    Raises:
        Busy: another process is filling the collections and the message is fresh.
    """
    with reading(services.engine) as tx:
        stopped = pauses.stopped(tx, "place", message.run_id)
        every = [
            collection
            for collection in saved.every(tx)
            if is_placed(collection) or saved.count_placements(tx, collection.id)
        ]
        held_ids = saved.held(tx)
        wanted = message.photo_ids is None and scan_requests.placing(tx)
    waiting = [collection.collection.name for collection in every if collection.id in held_ids]
    every = [collection for collection in every if collection.id not in held_ids]
    notes = [] if message.photo_ids or not waiting else [how_held(waiting)]
    if stopped or not (every or wanted):
        return outcome(notes=notes)
    with placing(services) as mine:
        if not mine and message.fresh:
            raise Busy  # somebody waits to see this photo placed: try again in a moment
        if not mine:
            return outcome(notes=["another process is filling the collections; the next sync does the rest"])
        with _completed(services) if wanted else nullcontext():
            done = _sync_all(services, every, message)
    return Outcome(counts=done.counts, notes=(*notes, *done.notes)[:_MOST_NOTES])


@contextmanager
def _completed(services: Services) -> Iterator[None]:
    """Take what asks for all collections to be brought in line, and complete it when that is done."""
    with writing(services.engine) as tx:
        scan_requests.claim_placing(tx)
    yield
    with writing(services.engine) as tx:
        scan_requests.placing_completed(tx)


def _sync_all(services: Services, every: Sequence[SavedCollection], message: Place) -> Outcome:
    """Sync these collections; the caller holds the placers' lock."""
    if not every:
        return outcome()
    notes = recover_placing(services)
    counts: Counter[str] = Counter()
    with recorded_run(services, message.run_id, "place", counts) as run_id:
        for collection in every:
            done = sync(services, collection, run_id, message.photo_ids)
            counts.update(done.counts)
            notes += done.notes
    return Outcome(counts=counts, notes=tuple(notes))


def how_held(names: Sequence[str]) -> str:
    """Return what undone collections wait for."""
    words = " ".join(map(shlex.quote, names))
    return f"{', '.join(names)}: held since the undo; `organiser collections sync {words}` has the query followed again"


def withdraw(services: Services, photo_ids: Container[PhotoId]) -> Outcome:
    """Take what every collection holds of these photos away.

    The caller holds the placers' lock until the index has forgotten them too, or they would be placed again.
    """
    notes = recover_placing(services)
    counts: Counter[str] = Counter()
    with reading(services.engine) as tx:
        every = [collection for collection in saved.every(tx) if saved.count_placements(tx, collection.id)]
    with recorded_run(services, None, "withdraw", counts) as run_id:
        for collection in every:
            done = withdraw_photos(services, collection, run_id, photo_ids)
            counts.update(done.counts)
            notes += done.notes
    return Outcome(counts=counts, notes=tuple(notes))


def is_placed(collection: SavedCollection) -> bool:
    """Whether a collection has somewhere to put its photos."""
    return collection.collection.target is not None or collection.collection.mode is PlacementMode.TAG


@contextmanager
def recorded_run(
    services: Services, run_id: int | None, kind: str, counts: Counter[str], origin: str = runs.FOLLOW_UP
) -> Iterator[int]:
    """Give the run that journal entries belong to: the message's own, or one of its own that ends here.

    Its own is recorded with what `counts` holds at the end; one that did nothing leaves no row. The caller holds the
    placers' lock, so that one which is open still was left by a process that is gone.
    """
    if run_id is not None:
        yield run_id
        return
    with writing(services.engine) as tx:
        runs.abandon(tx, kind, services.clock())
        own = runs.start(tx, kind, origin, {}, services.clock())
    try:
        yield own
    finally:
        with writing(services.engine) as tx:
            if counts or journal.has_any(tx, own):
                runs.end(tx, own, counts, services.clock())
            else:
                runs.remove(tx, own)


def recover_placing(services: Services) -> list[str]:
    """Finish or clean what a crash left half done; the caller holds the lock. Return what is stuck."""
    with reading(services.engine) as tx:
        left = journal.planned(tx)
    notes: list[str] = []
    for run_id, collection_id in dict.fromkeys((row.run_id, row.collection_id) for row in left):
        if collection_id is None:
            continue
        entries = {
            EntryId(row.id): decode_entry(row.step, row.before)
            for row in left
            if (row.run_id, row.collection_id) == (run_id, collection_id)
        }
        recovery = recover(entries, IndexJournal(services, run_id, collection_id), writers())
        notes += [str(error) for error in recovery.stuck]
    return notes
