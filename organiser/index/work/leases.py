"""Work in progress: who holds which photo or file for which stage, until when, and how often it was tried.

The index counts attempts before work starts, because a broker cannot: a chunk that kills its worker is found here. The
stage "scan" holds files, every other one photos.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, delete, select, update

from organiser.core.photo import FileId, PhotoId
from organiser.index.db.schema import file_leases, leases
from organiser.index.db.upsert import insert_for

_OF_FILES = "scan"
_TABLES = leases, file_leases

Item = TypeVar("Item", PhotoId, FileId)


@dataclass(frozen=True, slots=True)
class Expired:
    """A photo or file whose worker did not come back: tried `attempts` times, last in a chunk of `chunk_size`."""

    stage: str
    item: int
    attempts: int
    chunk_size: int
    owner: str


def claim(tx: Connection, stage: str, items: Sequence[Item], owner: str, now: float, seconds: float) -> list[Item]:
    """Take these for `stage` unless another owner's lease is running; return those taken, attempts raised."""
    if not items:
        return []
    table, key = _of(stage)
    make = insert_for(tx, table)
    common = {"stage": stage, "owner": owner, "expires": now + seconds, "chunk_size": len(items)}
    renewed = {name: make.excluded[name] for name in ("owner", "expires", "chunk_size")}
    make = make.on_conflict_do_update(
        index_elements=["stage", key.name],
        set_=renewed | {"attempts": table.c.attempts + 1},
        where=table.c.expires <= now,
    )
    rows = [common | {key.name: item, "attempts": 1} for item in items]
    return sorted(tx.execute(make.returning(key), rows).scalars())


def tried_before(tx: Connection, stage: str, items: Sequence[Item]) -> set[Item]:
    """Return those of these claimed ones that somebody had claimed before and did not come back."""
    table, key = _of(stage)
    query = select(key).where(table.c.stage == stage, key.in_(items), table.c.attempts > 1)
    return set(tx.execute(query).scalars())


def release(tx: Connection, stage: str, items: Sequence[int]) -> None:
    """Give these back, done: their attempts are forgotten."""
    table, key = _of(stage)
    tx.execute(delete(table).where(table.c.stage == stage, key.in_(items)))


def expire_of(tx: Connection, owner: str, now: float) -> int:
    """End the leases of an owner known to be dead; return how many there were."""
    return sum(
        tx.execute(update(table).where(table.c.owner == owner).values(expires=now)).rowcount for table in _TABLES
    )


def release_of(tx: Connection, owner: str, stage: str | None = None) -> None:
    """Give back what an owner held that was stopped on purpose: nobody failed, no attempt is counted.

    Args:
        stage: of this stage alone; None means all.
    """
    for table in _TABLES if stage is None else (_of(stage)[0],):
        mine = delete(table).where(table.c.owner == owner)
        tx.execute(mine if stage is None else mine.where(table.c.stage == stage))


def owners(tx: Connection) -> list[str]:
    """Return everyone who holds a lease."""
    return sorted({owner for table in _TABLES for owner in tx.execute(select(table.c.owner).distinct()).scalars()})


def expired(tx: Connection, now: float, limit: int = 10_000) -> list[Expired]:
    """Return what has a lease that ran out, by owner, stage and id, so that the members of a chunk stand together."""
    found = []
    for table in _TABLES:
        key = _key(table)
        columns = table.c.stage, key, table.c.attempts, table.c.chunk_size, table.c.owner
        query = select(*columns).where(table.c.expires <= now).order_by(table.c.owner, table.c.stage, key)
        found += [Expired(*row) for row in tx.execute(query.limit(limit))]
    return found


def _of(stage: str) -> tuple[Table, Any]:
    table = file_leases if stage == _OF_FILES else leases
    return table, _key(table)


def _key(table: Table) -> Any:
    return table.c.file_id if table is file_leases else table.c.photo_id
