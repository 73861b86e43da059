"""Work in hand: who holds which photo for which stage, until when, and how often it was tried.

The index counts attempts before work starts, because a broker cannot: a chunk that kills its worker is found here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from organiser.core.photo import PhotoId
from organiser.index.schema import leases
from organiser.index.upsert import insert_for


@dataclass(frozen=True, slots=True)
class Expired:
    """A photo whose worker did not come back: tried `attempts` times, last in a chunk of `companions` photos."""

    stage: str
    photo_id: PhotoId
    attempts: int
    companions: int
    owner: str


def claim(
    tx: Connection, stage: str, photo_ids: Sequence[PhotoId], owner: str, now: float, seconds: float
) -> list[PhotoId]:
    """Take these photos for `stage` unless another owner's lease is running; return those taken, attempts raised."""
    if not photo_ids:
        return []
    make = insert_for(tx, leases)
    common = {"stage": stage, "owner": owner, "expires": now + seconds, "companions": len(photo_ids)}
    renewed = {name: make.excluded[name] for name in ("owner", "expires", "companions")}
    make = make.on_conflict_do_update(
        index_elements=["stage", "photo_id"],
        set_=renewed | {"attempts": leases.c.attempts + 1},
        where=leases.c.expires <= now,
    )
    rows = [common | {"photo_id": key, "attempts": 1} for key in photo_ids]
    return sorted(tx.execute(make.returning(leases.c.photo_id), rows).scalars())


def release(tx: Connection, stage: str, photo_ids: Sequence[PhotoId]) -> None:
    """Give these photos back, done: their attempts are forgotten."""
    tx.execute(delete(leases).where(leases.c.stage == stage, leases.c.photo_id.in_(photo_ids)))


def expire_of(tx: Connection, owner: str, now: float) -> int:
    """End the leases of an owner known to be dead; return how many there were."""
    return tx.execute(update(leases).where(leases.c.owner == owner).values(expires=now)).rowcount


def release_of(tx: Connection, owner: str) -> None:
    """Give back what an owner held that was stopped on purpose: nobody failed, no attempt is counted."""
    tx.execute(delete(leases).where(leases.c.owner == owner))


def owners(tx: Connection) -> list[str]:
    """Return everyone who holds a lease."""
    return list(tx.execute(select(leases.c.owner).distinct()).scalars())


def expired(tx: Connection, now: float, limit: int = 10_000) -> list[Expired]:
    """Return photos whose lease ran out, by owner and photo, so that the members of a chunk stand together."""
    columns = leases.c.stage, leases.c.photo_id, leases.c.attempts, leases.c.companions, leases.c.owner
    query = select(*columns).where(leases.c.expires <= now).order_by(leases.c.owner, leases.c.stage, leases.c.photo_id)
    return [Expired(*row) for row in tx.execute(query.limit(limit))]
