"""Collections, placements and the journal as rows.

Owns how they are kept; what a placement or a journal entry means is `organiser.placing`'s and `organiser.core`'s.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from organiser.core.collections.collection import Collection
from organiser.core.collections.placement import PlacementId, PlacementMode
from organiser.core.photo import PhotoId
from organiser.index.db.schema import collections, journal, placements
from organiser.index.work import scan_requests


@dataclass(frozen=True, slots=True)
class SavedCollection:
    """A collection and its row."""

    id: int
    collection: Collection


@dataclass(frozen=True, slots=True)
class PlacementRow:
    """A placement as recorded.

    Attributes:
        mode: how it was made; never `auto`.
        details: what `organiser.placing.encoding` wrote of the rest of it, JSON.
    """

    id: PlacementId
    photo_id: PhotoId
    destination: str
    mode: PlacementMode
    details: dict[str, Any]


def every(tx: Connection) -> list[SavedCollection]:
    """Return all collections by name."""
    return [_read(row) for row in tx.execute(_COLUMNS.order_by(collections.c.name))]


def get(tx: Connection, name: str) -> SavedCollection | None:
    """Return the collection of that name, or None."""
    row = tx.execute(_COLUMNS.where(collections.c.name == name)).one_or_none()
    return None if row is None else _read(row)


def add(tx: Connection, collection: Collection, now: float) -> int:
    """Store a new collection and return its row's id."""
    added: int = tx.execute(
        insert(collections).values(_values(collection) | {"added": now}).returning(collections.c.id)
    ).scalar_one()
    return added


def edit(tx: Connection, collection_id: int, collection: Collection) -> None:
    """Store a collection's new definition; what it holds is to follow."""
    tx.execute(update(collections).where(collections.c.id == collection_id).values(_values(collection)))
    scan_requests.request_placing(tx)


def remove(tx: Connection, collection_id: int) -> None:
    """Forget a collection and its placements' rows; what lies on disk is not touched.

    Its journal stays, as nobody's: the next collection may get the same id.
    """
    release(tx, collection_id)
    tx.execute(update(journal).where(journal.c.collection_id == collection_id).values(collection_id=None))
    tx.execute(delete(collections).where(collections.c.id == collection_id))


def hold(tx: Connection, collection_id: int, now: float) -> None:
    """Leave a collection as it is until a person syncs it."""
    tx.execute(update(collections).where(collections.c.id == collection_id).values(held_since=now))


def release(tx: Connection, collection_id: int) -> None:
    """Let a collection follow its query again."""
    tx.execute(update(collections).where(collections.c.id == collection_id).values(held_since=None))
    scan_requests.request_placing(tx)


def held(tx: Connection) -> set[int]:
    """Return the collections that are held."""
    return set(tx.execute(select(collections.c.id).where(collections.c.held_since.is_not(None))).scalars())


def forget_placements(tx: Connection, collection_id: int) -> None:
    """Forget all that is recorded for a collection; what lies on disk is not touched."""
    tx.execute(delete(placements).where(placements.c.collection_id == collection_id))


def placements_of(tx: Connection, collection_id: int) -> list[PlacementRow]:
    """Return the placements recorded for a collection."""
    query = _PLACEMENTS.where(placements.c.collection_id == collection_id).order_by(placements.c.id)
    return [PlacementRow(*row[:3], PlacementMode(row[3]), json.loads(row[4])) for row in tx.execute(query)]


def placed_photos(tx: Connection, collection_id: int) -> set[PhotoId]:
    """Return the photos of which something is recorded for a collection."""
    query = select(placements.c.photo_id).where(placements.c.collection_id == collection_id)
    return {PhotoId(key) for key in tx.execute(query).scalars()}


def count_placements(tx: Connection, collection_id: int) -> int:
    """Count the placements recorded for a collection."""
    query = select(func.count()).select_from(placements).where(placements.c.collection_id == collection_id)
    return int(tx.execute(query).scalar_one())


def put_placements(
    tx: Connection,
    collection_id: int,
    at: Mapping[str, tuple[PhotoId, PlacementMode, Mapping[str, Any]] | None],
    now: float,
) -> None:
    """Record what lies at these destinations now: a photo, its mode and its details; None forgets what lay there."""
    if at:
        tx.execute(_CLEAR, [{"of": collection_id, "there": destination} for destination in at])
    rows = [
        {"photo_id": item[0], "destination": destination, "mode": item[1], "details": json.dumps(item[2])}
        for destination, item in at.items()
        if item is not None
    ]
    if rows:
        tx.execute(insert(placements), [row | {"collection_id": collection_id, "at": now} for row in rows])


_PLACEMENTS = select(
    placements.c.id, placements.c.photo_id, placements.c.destination, placements.c.mode, placements.c.details
)
_CLEAR = delete(placements).where(
    placements.c.collection_id == bindparam("of"), placements.c.destination == bindparam("there")
)


def _values(collection: Collection) -> dict[str, object]:
    return {
        "name": collection.name,
        "query": collection.query,
        "mode": collection.mode,
        "target": collection.target,
        "layout": collection.layout,
    }


def _read(row: Sequence[Any]) -> SavedCollection:
    return SavedCollection(row[0], Collection(row[1], row[2], PlacementMode(row[3]), row[4], row[5]))


_COLUMNS = select(
    collections.c.id,
    collections.c.name,
    collections.c.query,
    collections.c.mode,
    collections.c.target,
    collections.c.layout,
)
