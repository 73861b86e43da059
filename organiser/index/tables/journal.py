"""The journal of placing as rows: what was planned, done and undone. What an entry means is `organiser.placing`'s."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from organiser.core.photo import PhotoId
from organiser.index.db.schema import journal


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An entry: its step as a JSON object, and the bytes that stood where it writes; of no collection that still is, None."""

    id: int
    run_id: int
    collection_id: int | None
    step: dict[str, Any]
    before: bytes | None


def add(
    tx: Connection,
    run_id: int,
    collection_id: int,
    steps: Sequence[tuple[PhotoId, Mapping[str, Any], bytes | None]],
    now: float,
) -> list[int]:
    """Note planned steps, each with its photo and what stood where it writes; return their ids, ascending."""
    if not steps:
        return []
    common = {"run_id": run_id, "collection_id": collection_id, "state": "planned", "at": now}
    rows = [
        common | {"photo_id": photo_id, "step": json.dumps(step), "before": before} for photo_id, step, before in steps
    ]
    made = tx.execute(insert(journal).returning(journal.c.id, sort_by_parameter_order=True), rows)
    return list(made.scalars())


def replace(tx: Connection, steps: Mapping[int, tuple[Mapping[str, Any], bytes | None]], state: str) -> None:
    """Store what is known now of these entries, and the state ("planned", "done", "undone") they are in."""
    rows = [{"key": key, "step": json.dumps(step), "before": before} for key, (step, before) in steps.items()]
    if rows:
        tx.execute(_BY_KEY, [row | {"state": state} for row in rows])


def mark(tx: Connection, ids: Collection[int], state: str) -> None:
    """Note the state that these entries are in; all else stands as it was stored."""
    if ids:
        tx.execute(_BY_KEY, [{"key": key, "state": state} for key in ids])


_BY_KEY = update(journal).where(journal.c.id == bindparam("key"))


def drop(tx: Connection, ids: Sequence[int]) -> None:
    """Forget entries of which nothing came."""
    tx.execute(delete(journal).where(journal.c.id.in_(ids)))


def drop_of(tx: Connection, photo_ids: Sequence[PhotoId]) -> None:
    """Forget what was done with these photos; it can no longer be undone."""
    tx.execute(delete(journal).where(journal.c.photo_id.in_(photo_ids)))


def planned(tx: Connection) -> list[JournalRow]:
    """Return entries that never got done, oldest first: what a crash left."""
    return _read(tx, journal.c.state == "planned")


def done_in(tx: Connection, run_id: int) -> list[JournalRow]:
    """Return what a run did and was not undone, oldest first."""
    return _read(tx, journal.c.run_id == run_id, journal.c.state == "done")


def has_any(tx: Connection, run_id: int) -> bool:
    """Whether a run noted anything, whatever came of it."""
    return tx.execute(select(journal.c.id).where(journal.c.run_id == run_id).limit(1)).scalar() is not None


def latest_run(tx: Connection, collection_id: int | None = None) -> int | None:
    """Return the newest run that placed something, in any collection or in this one, and was not undone."""
    query = select(journal.c.run_id).where(journal.c.state == "done").order_by(journal.c.id.desc()).limit(1)
    return tx.execute(
        query if collection_id is None else query.where(journal.c.collection_id == collection_id)
    ).scalar()


def _read(tx: Connection, *where: Any) -> list[JournalRow]:
    columns = journal.c.id, journal.c.run_id, journal.c.collection_id, journal.c.step, journal.c.before
    query = select(*columns).where(*where).order_by(journal.c.id)
    return [JournalRow(row[0], row[1], row[2], json.loads(row[3]), row[4]) for row in tx.execute(query)]
