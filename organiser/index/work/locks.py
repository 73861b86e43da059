"""Named locks with owner, token and expiry: one placer at a time, whatever host it runs on."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, or_, select

from organiser.index.db.schema import locks
from organiser.index.db.upsert import insert_for


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lock: `owner` names a process, `token` is that of this one taking."""

    owner: str
    token: str


def claim(tx: Connection, name: str, holder: Holder, now: float, seconds: float) -> bool:
    """Take or renew a lock until `now` + `seconds`; return whether `holder` has it."""
    values = {"owner": holder.owner, "token": holder.token, "expires": now + seconds}
    free = or_(locks.c.expires < now, locks.c.token == holder.token)
    make = insert_for(tx, locks).values(values | {"name": name})
    tx.execute(make.on_conflict_do_update(index_elements=["name"], set_=values, where=free))
    return is_held_by(tx, name, holder.token)


def release(tx: Connection, name: str, token: str) -> None:
    """Give a lock back if it still bears `token`."""
    tx.execute(delete(locks).where(locks.c.name == name, locks.c.token == token))


def is_held_by(tx: Connection, name: str, token: str) -> bool:
    """Whether a lock still bears `token`, run out or not: clocks differ, and nobody may have taken it."""
    return tx.execute(select(locks.c.token).where(locks.c.name == name)).scalar() == token


def holder(tx: Connection, name: str, now: float) -> Holder | None:
    """Return who has a lock now, or None."""
    query = select(locks.c.owner, locks.c.token).where(locks.c.name == name, locks.c.expires > now)
    row = tx.execute(query).one_or_none()
    return None if row is None else Holder(*row)
