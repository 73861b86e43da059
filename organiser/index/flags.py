"""What was done once in an index's life and is not to be done again, as text by name. Records have tables of their own."""

from sqlalchemy import Connection, select

from organiser.index.db.schema import flags
from organiser.index.db.upsert import insert_for


def get(tx: Connection, name: str) -> str | None:
    """Return a flag's value, or None when it was never set."""
    return tx.execute(select(flags.c.value).where(flags.c.name == name)).scalar()


def put(tx: Connection, name: str, value: str) -> None:
    """Set a flag."""
    make = insert_for(tx, flags).values(name=name, value=value)
    tx.execute(make.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
