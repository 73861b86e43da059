"""The place step: collections on disk and in metadata follow their queries.

Owns the placers' lock and what a crash left; `syncing` owns one collection. What is wanted is asked anew each time;
`photo_ids` in the message only says which placements are worth a look on disk.
"""

from collections import Counter
from collections.abc import Collection as Container
from collections.abc import Iterator
from contextlib import contextmanager

from organiser.core.photo import PhotoId
from organiser.core.placement import PlacementMode
from organiser.errors import Transient
from organiser.index import collections as saved
from organiser.index import control, journal, locks, runs
from organiser.index.collections import SavedCollection
from organiser.index.engine import reading, writing
from organiser.jobs import syncing
from organiser.jobs.journal import IndexJournal
from organiser.jobs.messages import Place
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.owners import is_dead
from organiser.jobs.services import Services
from organiser.jobs.syncing import sync, writers
from organiser.placing.encoding import decode_entry
from organiser.placing.journal import EntryId
from organiser.placing.recover import recover


class Busy(Transient):
    """Another process holds the placers' lock."""


_LOCK = "placing"
_LOCK_S = 300.0
_MOST_NOTES = 50


def place(services: Services, message: Place) -> Outcome:
    """Sync every collection that has a target or tags; what cannot be done is told in notes and sinks nothing else.

    Raises:
        Busy: another process is filling the collections and the message is fresh.
    """
    with reading(services.engine) as tx:
        stopped = control.stopped(tx, "place", message.run_id)
        every = [one for one in saved.every(tx) if is_placed(one) or saved.count_placements(tx, one.id)]
    if stopped or not every:
        return outcome()
    with placing(services) as mine:
        if not mine and message.fresh:
            require(mine)  # somebody waits to see this photo placed: try again in a moment
        if not mine:
            return outcome(notes=["another process is filling the collections; the next sync does the rest"])
        notes = recover_placing(services)
        counts: Counter[str] = Counter()
        with recorded_run(services, message.run_id, "place") as run_id:
            for one in every:
                done = sync(services, one, run_id, message.photo_ids)
                counts.update(done.counts)
                notes += done.notes
    return Outcome(counts=counts, notes=tuple(notes[:_MOST_NOTES]))


def withdraw(services: Services, photo_ids: Container[PhotoId]) -> Outcome:
    """Take what every collection holds of these photos away.

    Raises:
        Busy: another process is filling the collections.
    """
    with placing(services) as mine:
        require(mine)
        notes = recover_placing(services)
        counts: Counter[str] = Counter()
        with reading(services.engine) as tx:
            every = [one for one in saved.every(tx) if saved.count_placements(tx, one.id)]
        with recorded_run(services, None, "withdraw") as run_id:
            for one in every:
                done = syncing.withdraw(services, one, run_id, photo_ids)
                counts.update(done.counts)
                notes += done.notes
    return Outcome(counts=counts, notes=tuple(notes))


def require(mine: bool) -> None:  # noqa: FBT001 what `placing` gave
    """Make sure that the placers' lock is ours.

    Raises:
        Busy: it is not.
    """
    if not mine:
        raise Busy("another process is filling the collections", "try again when it is done")


def is_placed(one: SavedCollection) -> bool:
    """Whether a collection has somewhere to put its photos."""
    return one.collection.target is not None or one.collection.mode is PlacementMode.TAG


@contextmanager
def placing(services: Services) -> Iterator[bool]:
    """Hold the placers' lock, or give False when another process has it."""
    owner = services.owner()
    with writing(services.engine) as tx:
        holder = locks.holder(tx, _LOCK, services.clock())
        if holder is not None and is_dead(holder):
            locks.release(tx, _LOCK, holder)
        mine = locks.claim(tx, _LOCK, owner, services.clock(), _LOCK_S)
    try:
        yield mine
    finally:
        if mine:
            with writing(services.engine) as tx:
                locks.release(tx, _LOCK, owner)


@contextmanager
def recorded_run(services: Services, run_id: int | None, kind: str) -> Iterator[int]:
    """Give the run that journal entries belong to: the message's own, or one of its own that ends here."""
    if run_id is not None:
        yield run_id
        return
    with writing(services.engine) as tx:
        own = runs.start(tx, kind, "follow-up", {}, services.clock())
    try:
        yield own
    finally:
        with writing(services.engine) as tx:
            runs.end(tx, own, {}, services.clock())


def recover_placing(services: Services) -> list[str]:
    """Finish or clean what a crash left half done; the caller holds the lock. Return what is stuck."""
    with reading(services.engine) as tx:
        left = journal.planned(tx)
    notes: list[str] = []
    for run_id, collection_id in dict.fromkeys((row.run_id, row.collection_id) for row in left):
        entries = {
            EntryId(row.id): decode_entry(row.step, row.before)
            for row in left
            if (row.run_id, row.collection_id) == (run_id, collection_id)
        }
        recovery = recover(entries, IndexJournal(services, run_id, collection_id), writers())
        notes += [str(error) for error in recovery.stuck]
    return notes
