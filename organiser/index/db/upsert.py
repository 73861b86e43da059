"""The one statement the two databases spell alike but SQLAlchemy does not: INSERT … ON CONFLICT."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite


def insert_for(tx: Connection, table: Table) -> sqlite.Insert:
    """Return the dialect's INSERT, which has `on_conflict_do_update` and `on_conflict_do_nothing`.

    Both dialects' constructs share this interface; the SQLite one stands for both in the types.
    """
    if tx.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)  # type: ignore[return-value]
    return sqlite.insert(table)
