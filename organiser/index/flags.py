"""Single facts about an index, as text by name: its id, what was done once. Records have tables of their own."""

from sqlalchemy import Connection, delete, select

from organiser.index.db.schema import flags
from organiser.index.db.upsert import insert_for


def get(tx: Connection, name: str) -> str | None:
    """Return a flag's value, or None when it was never set."""
    return tx.execute(select(flags.c.value).where(flags.c.name == name)).scalar()


def put(tx: Connection, name: str, value: str) -> None:
    """Set a flag."""
    make = insert_for(tx, flags).values(name=name, value=value)
    tx.execute(make.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def drop(tx: Connection, name: str) -> None:
    """Take a flag back; one that was never set is fine."""
    tx.execute(delete(flags).where(flags.c.name == name))
