"""Named locks with owner and expiry, kept among the flags: one placer at a time, whatever host it runs on."""

from sqlalchemy import Connection, and_, delete, or_, select

from organiser.index.db.schema import flags
from organiser.index.db.upsert import insert_for

_PREFIX = "lock:"


def claim(tx: Connection, name: str, owner: str, now: float, seconds: float) -> bool:
    """Take or renew a lock until `now` + `seconds`; return whether `owner` has it."""
    key, value = _PREFIX + name, f"{now + seconds:017.3f} {owner}"
    make = insert_for(tx, flags).values(name=key, value=value)
    free = or_(flags.c.value < f"{now:017.3f}", flags.c.value.endswith(f" {owner}", autoescape=True))
    make = make.on_conflict_do_update(index_elements=["name"], set_={"value": value}, where=free)
    tx.execute(make)
    return tx.execute(select(flags.c.value).where(flags.c.name == key)).scalar() == value


def release(tx: Connection, name: str, owner: str) -> None:
    """Give a lock back if `owner` still has it."""
    mine = and_(flags.c.name == _PREFIX + name, flags.c.value.endswith(f" {owner}", autoescape=True))
    tx.execute(delete(flags).where(mine))


def is_held_by(tx: Connection, name: str, owner: str) -> bool:
    """Whether a lock is still `owner`'s, run out or not: clocks differ, and nobody may have taken it."""
    value = tx.execute(select(flags.c.value).where(flags.c.name == _PREFIX + name)).scalar()
    return (value or "").partition(" ")[2] == owner


def holder(tx: Connection, name: str, now: float) -> str | None:
    """Return who has a lock now, or None."""
    value = tx.execute(select(flags.c.value).where(flags.c.name == _PREFIX + name)).scalar()
    expires, _, owner = (value or "").partition(" ")
    return owner if expires > f"{now:017.3f}" else None
