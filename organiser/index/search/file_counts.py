"""How many files show a photo, on SQLite, for photos that anything but one present file shows.

Nearly every photo lies in one file that is there, and has no row. So what a search asks of each photo it meets, whether
a file of it is there, is a look into a small table instead of one into an index of all files; and the few that are gone,
or that lie in several files, can be counted and taken off a whole index's count. Triggers keep it in step with `files`
and `photos`. Postgres has none: its planner joins both tables as a whole.
"""

from sqlalchemy import Column, ColumnElement, Connection, Exists, Integer, MetaData, Table, exists

from organiser.index.db.types import Id

file_counts = Table(
    "file_counts",
    MetaData(),
    Column("photo_id", Id, primary_key=True),
    Column("files", Integer, nullable=False),
    Column("present", Integer, nullable=False),
)
"""`files`: all of a photo's, missing ones included; `present`: those that are there."""


def create_file_counts(tx: Connection) -> None:
    """Make the table with its triggers and fill it from the files there are; does nothing on Postgres."""
    if tx.dialect.name != "sqlite":
        return
    tx.exec_driver_sql(
        "CREATE TABLE file_counts (photo_id INTEGER PRIMARY KEY, files INTEGER NOT NULL, present INTEGER NOT NULL)"
    )
    for name, event, statements in _TRIGGERS:
        tx.exec_driver_sql(f"CREATE TRIGGER file_counts_{name} {event} BEGIN {'; '.join(statements)}; END")
    counted = (
        "SELECT photo_id, count(*) AS files, count(*) - count(missing_since) AS present FROM files GROUP BY photo_id"
    )
    tx.exec_driver_sql(
        f"INSERT INTO file_counts SELECT p.id, coalesce(files, 0), coalesce(present, 0) FROM photos p "
        f"LEFT JOIN ({counted}) c ON c.photo_id = p.id WHERE files IS NOT 1 OR present IS NOT 1"
    )


def drop_file_counts(tx: Connection) -> None:
    """Remove the table and its triggers; does nothing on Postgres."""
    if tx.dialect.name != "sqlite":
        return
    for name, _, _ in _TRIGGERS:
        tx.exec_driver_sql(f"DROP TRIGGER file_counts_{name}")
    tx.exec_driver_sql("DROP TABLE file_counts")


def counted_otherwise(photo_id: ColumnElement[int]) -> Exists:
    """The condition that a photo has a row, to be narrowed by what the row says."""
    return exists().where(file_counts.c.photo_id == photo_id).correlate_except(file_counts)


def _count(photo: str) -> tuple[str, str]:
    """SQL that counts the files of a photo anew; of one that is gone nothing is left."""
    files = f"SELECT count(*) AS files, count(*) - count(missing_since) AS present FROM files WHERE photo_id = {photo}"
    return (
        f"DELETE FROM file_counts WHERE photo_id = {photo}",
        (
            f"INSERT INTO file_counts SELECT p.id, c.files, c.present FROM photos p, ({files}) c "
            f"WHERE p.id = {photo} AND (c.files <> 1 OR c.present <> 1)"
        ),
    )


_SHOWS_OTHERS = "new.photo_id IS NOT old.photo_id"
_COMES_OR_GOES = "(new.missing_since IS NULL) IS NOT (old.missing_since IS NULL)"

_TRIGGERS = (
    ("photo_added", "AFTER INSERT ON photos", ("INSERT OR IGNORE INTO file_counts VALUES (new.id, 0, 0)",)),
    ("photo_removed", "AFTER DELETE ON photos", ("DELETE FROM file_counts WHERE photo_id = old.id",)),
    ("file_added", "AFTER INSERT ON files WHEN new.photo_id IS NOT NULL", _count("new.photo_id")),
    ("file_removed", "AFTER DELETE ON files WHEN old.photo_id IS NOT NULL", _count("old.photo_id")),
    (
        "file_changed",
        (
            "AFTER UPDATE OF photo_id, missing_since ON files "
            f"WHEN new.photo_id IS NOT NULL AND ({_SHOWS_OTHERS} OR {_COMES_OR_GOES})"
        ),
        _count("new.photo_id"),
    ),
    (
        "file_left",
        f"AFTER UPDATE OF photo_id ON files WHEN old.photo_id IS NOT NULL AND {_SHOWS_OTHERS}",
        _count("old.photo_id"),
    ),
)
