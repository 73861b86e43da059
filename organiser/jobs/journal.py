"""The journal of one run in one collection, kept in the index: what `organiser.placing` notes, in transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from organiser.index import collections, journal
from organiser.index.engine import Transaction, writing
from organiser.jobs.services import Services
from organiser.placing.encoding import encode_details, encode_entry
from organiser.placing.journal import Entry, EntryId, Record, records


@dataclass(frozen=True, slots=True)
class IndexJournal:
    """Implements `organiser.placing.journal.Journal`; a placement's row changes in the transaction that notes its step."""

    services: Services
    run_id: int
    collection_id: int

    def plan(self, entries: Sequence[Entry]) -> Sequence[EntryId]:
        with writing(self.services.engine) as tx:
            rows = [_row(entry) for entry in entries]
            ids = journal.add(tx, self.run_id, self.collection_id, rows, self.services.clock())
        return [EntryId(key) for key in ids]

    def amend(self, entries: Mapping[EntryId, Entry]) -> None:
        with writing(self.services.engine) as tx:
            journal.replace(tx, _rows(entries), "planned")

    def done(self, entries: Mapping[EntryId, Entry]) -> None:
        with writing(self.services.engine) as tx:
            journal.replace(tx, _rows(entries), "done")
            for entry in entries.values():
                before, after = records(entry)
                self._exchange(tx, before, after)

    def drop(self, ids: Sequence[EntryId]) -> None:
        with writing(self.services.engine) as tx:
            journal.drop(tx, ids)

    def undone(self, entries: Mapping[EntryId, Entry]) -> None:
        with writing(self.services.engine) as tx:
            journal.replace(tx, _rows(entries), "undone")
            for entry in entries.values():
                before, after = records(entry)
                self._exchange(tx, after, before)

    def _exchange(self, tx: Transaction, old: Record | None, new: Record | None) -> None:
        """Let the record `new` take the place of `old`; either may be None."""
        if old is not None:
            collections.delete_placement(tx, self.collection_id, old.destination)
        if new is not None:
            details, now = encode_details(new), self.services.clock()
            collections.insert_placement(tx, self.collection_id, new.photo_id, new.destination, details, now)


def _rows(entries: Mapping[EntryId, Entry]) -> dict[int, tuple[Mapping[str, Any], bytes | None]]:
    return {key: _row(entry) for key, entry in entries.items()}


def _row(entry: Entry) -> tuple[Mapping[str, Any], bytes | None]:
    return encode_entry(entry), entry.before
