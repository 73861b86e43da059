"""The journal of one run in one collection, kept in the index: what `organiser.placing` notes, in transactions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from organiser.core.collections.placement import PlacementMode, photo_of
from organiser.core.photo import PhotoId
from organiser.index.db.engine import Transaction, writing, writing_durably
from organiser.index.tables import collections, journal
from organiser.jobs.collections.lock import check
from organiser.jobs.services import Services
from organiser.placing.encoding import encode_details, encode_entry
from organiser.placing.journal import Entry, EntryId, Record, records


@dataclass(frozen=True, slots=True)
class IndexJournal:
    """Implements `organiser.placing.journal.Journal`; a placement's row changes in the transaction that notes its step.

    What is about to be done is on the disk before it is; that it was done may be lost in a power cut, and found again.
    """

    services: Services
    run_id: int
    collection_id: int
    _amended: dict[EntryId, Entry] = field(default_factory=dict)

    def plan(self, entries: Sequence[Entry]) -> Sequence[EntryId]:
        with writing_durably(self.services.engine) as tx:
            check(tx)
            rows = [(photo_of(entry.step), *_row(entry)) for entry in entries]
            ids = journal.add(tx, self.run_id, self.collection_id, rows, self.services.clock())
        return [EntryId(key) for key in ids]

    def amend(self, entries: Mapping[EntryId, Entry]) -> None:
        with writing_durably(self.services.engine) as tx:
            check(tx)
            journal.replace(tx, _rows(entries), "planned")
        self._amended.update(entries)

    def done(self, entries: Mapping[EntryId, Entry]) -> None:
        with writing(self.services.engine) as tx:
            check(tx)
            stored = {key for key, entry in entries.items() if self._amended.pop(key, None) is entry}
            journal.mark(tx, stored, "done")
            journal.replace(tx, _rows({key: entries[key] for key in entries.keys() - stored}), "done")
            self._exchange(tx, map(records, entries.values()))

    def drop(self, ids: Sequence[EntryId]) -> None:
        with writing(self.services.engine) as tx:
            check(tx)
            journal.drop(tx, ids)

    def undone(self, entries: Mapping[EntryId, Entry]) -> None:
        with writing(self.services.engine) as tx:
            check(tx)
            journal.replace(tx, _rows(entries), "undone")
            self._exchange(tx, (records(entry)[::-1] for entry in entries.values()))

    def _exchange(self, tx: Transaction, pairs: Iterable[tuple[Record | None, Record | None]]) -> None:
        """Let the second record of each pair take the place of the first, one pair after the other; either may be None."""
        now_at: dict[str, tuple[PhotoId, PlacementMode, Mapping[str, Any]] | None] = {}
        for old, new in pairs:
            if old is not None:
                now_at[old.destination] = None
            if new is not None:
                now_at[new.destination] = new.photo_id, new.made.mode, encode_details(new)
        collections.put_placements(tx, self.collection_id, now_at, self.services.clock())


def _rows(entries: Mapping[EntryId, Entry]) -> dict[int, tuple[Mapping[str, Any], bytes | None]]:
    return {key: _row(entry) for key, entry in entries.items()}


def _row(entry: Entry) -> tuple[Mapping[str, Any], bytes | None]:
    return encode_entry(entry), entry.before
