"""Collections, placements and the journal as rows.

Owns how they are kept; what a placement or a journal entry means is `organiser.placing`'s and `organiser.core`'s.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from organiser.core.collection import Collection
from organiser.core.photo import PhotoId
from organiser.core.placement import PlacementId, PlacementMode
from organiser.index.schema import collections, placements


@dataclass(frozen=True, slots=True)
class SavedCollection:
    """A collection and its row."""

    id: int
    collection: Collection


@dataclass(frozen=True, slots=True)
class PlacementRow:
    """A placement as recorded; `details` is what `organiser.jobs.place` wrote of it, JSON."""

    id: PlacementId
    photo_id: PhotoId
    destination: str
    details: dict[str, Any]


def every(tx: Connection) -> list[SavedCollection]:
    """Return all collections by name."""
    return [_read(row) for row in tx.execute(_COLUMNS.order_by(collections.c.name))]


def get(tx: Connection, name: str) -> SavedCollection | None:
    """Return the collection of that name, or None."""
    row = tx.execute(_COLUMNS.where(collections.c.name == name)).one_or_none()
    return None if row is None else _read(row)


def add(tx: Connection, one: Collection, now: float) -> int:
    """Store a new collection and return its row's id."""
    added: int = tx.execute(
        insert(collections).values(_values(one) | {"added": now}).returning(collections.c.id)
    ).scalar_one()
    return added


def edit(tx: Connection, collection_id: int, one: Collection) -> None:
    """Store a collection's new definition."""
    tx.execute(update(collections).where(collections.c.id == collection_id).values(_values(one)))


def remove(tx: Connection, collection_id: int) -> None:
    """Forget a collection and its placements' rows; what lies on disk is not touched."""
    tx.execute(delete(collections).where(collections.c.id == collection_id))


def placements_of(tx: Connection, collection_id: int) -> list[PlacementRow]:
    """Return the placements recorded for a collection."""
    columns = placements.c.id, placements.c.photo_id, placements.c.destination, placements.c.details
    query = select(*columns).where(placements.c.collection_id == collection_id).order_by(placements.c.id)
    return [PlacementRow(row[0], row[1], row[2], json.loads(row[3])) for row in tx.execute(query)]


def count_placements(tx: Connection, collection_id: int) -> int:
    """Count the placements recorded for a collection."""
    return len(tx.execute(select(placements.c.id).where(placements.c.collection_id == collection_id)).all())


def insert_placement(
    tx: Connection, collection_id: int, photo_id: PhotoId, destination: str, details: Mapping[str, Any], now: float
) -> None:
    """Record a placement; one that stood at the destination gives way."""
    delete_placement(tx, collection_id, destination)
    values = {"collection_id": collection_id, "photo_id": photo_id, "destination": destination, "at": now}
    tx.execute(insert(placements).values(values | {"details": json.dumps(details)}))


def delete_placement(tx: Connection, collection_id: int, destination: str) -> None:
    """Forget a placement."""
    at = placements.c.collection_id == collection_id, placements.c.destination == destination
    tx.execute(delete(placements).where(*at))


def _values(one: Collection) -> dict[str, object]:
    return {"name": one.name, "query": one.query, "mode": one.mode, "target": one.target, "layout": one.layout}


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
