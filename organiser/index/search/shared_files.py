"""The present files of photos that several present files show, side by side on SQLite, for counts of paths.

Counts by path are kept of files; what a photo in several of them adds too much is taken off by reading these, which are
few. Triggers keep them in step with `files`. Postgres has none.
"""

from sqlalchemy import Column, Connection, MetaData, Table

from organiser.index.db.types import Id, PathText

shared_files = Table(
    "shared_files",
    MetaData(),
    Column("photo_id", Id, primary_key=True),
    Column("file_id", Id, primary_key=True),
    Column("root_id", Id, nullable=False),
    Column("relpath", PathText, nullable=False),
    sqlite_with_rowid=False,
)

_SEVERAL = (
    "SELECT photo_id FROM files WHERE missing_since IS NULL AND photo_id {} GROUP BY photo_id HAVING count(*) > 1"
)
_PRESENT = (
    "INSERT INTO shared_files SELECT photo_id, id, root_id, relpath FROM files "
    "WHERE missing_since IS NULL AND photo_id IN ({})"
)


def create_shared_files(tx: Connection) -> None:
    """Make the table with its triggers and fill it from the files there are; does nothing on Postgres."""
    if tx.dialect.name != "sqlite":
        return
    shared_files.create(tx, checkfirst=False)
    tx.exec_driver_sql(_PRESENT.format(_SEVERAL.format("IS NOT NULL")))
    for name, event, photo_ids in _TRIGGERS:
        statements = "; ".join(statement for photo_id in photo_ids for statement in _listed_anew(photo_id))
        tx.exec_driver_sql(f"CREATE TRIGGER shared_files_{name} {event} BEGIN {statements}; END")


def drop_shared_files(tx: Connection) -> None:
    """Remove the table and its triggers; does nothing on Postgres."""
    if tx.dialect.name != "sqlite":
        return
    for name, _, _ in _TRIGGERS:
        tx.exec_driver_sql(f"DROP TRIGGER shared_files_{name}")
    shared_files.drop(tx, checkfirst=False)


def _listed_anew(photo_id: str) -> tuple[str, str]:
    return (
        f"DELETE FROM shared_files WHERE photo_id = {photo_id}",
        _PRESENT.format(_SEVERAL.format(f"= {photo_id}")),
    )


_SHOWN = ("photo_id", "missing_since", "relpath", "root_id")
_CHANGED = " OR ".join(f"new.{column} IS NOT old.{column}" for column in _SHOWN)

_TRIGGERS = (
    ("added", "AFTER INSERT ON files WHEN new.photo_id IS NOT NULL", ("new.photo_id",)),
    ("removed", "AFTER DELETE ON files WHEN old.photo_id IS NOT NULL", ("old.photo_id",)),
    ("changed", f"AFTER UPDATE OF {', '.join(_SHOWN)} ON files WHEN {_CHANGED}", ("old.photo_id", "new.photo_id")),
)
"""Name and event of each trigger, and the photos whose files are listed anew."""
