"""Switches that outlive a process, as text: the active model, the corrections' epoch, paused queues."""

from sqlalchemy import Connection, delete, select

from organiser.index.db.schema import flags
from organiser.index.db.upsert import insert_for


def get(tx: Connection, name: str) -> str | None:
    """Return a switch's value, or None when it was never set."""
    return tx.execute(select(flags.c.value).where(flags.c.name == name)).scalar()


def put(tx: Connection, name: str, value: str | None) -> None:
    """Set a switch; None clears it."""
    if value is None:
        tx.execute(delete(flags).where(flags.c.name == name))
        return
    make = insert_for(tx, flags).values(name=name, value=value)
    tx.execute(make.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def starting_with(tx: Connection, prefix: str) -> dict[str, str]:
    """Return the switches whose names start with `prefix`."""
    query = select(flags.c.name, flags.c.value).where(flags.c.name.startswith(prefix, autoescape=True))
    return {name: value for name, value in tx.execute(query)}
