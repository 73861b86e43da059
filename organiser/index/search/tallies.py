"""Counts that SQLite keeps of rows by what they have in common, so that a count of a million rows reads a few thousand.

Triggers keep them in step with the table that is counted; a group of which nothing is left has no row. Postgres has
none: it counts in parallel.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text

from organiser.index.db.types import Id, PathText

_metadata = MetaData()

photo_tallies = Table(
    "photo_tallies",
    _metadata,
    Column("month", String(7)),
    Column("camera", Text),
    Column("number", Integer, nullable=False),
)
"""Photos by the month they were taken, as "2024-05", and camera; those without a file are in it too."""

verdict_tallies = Table(
    "verdict_tallies",
    _metadata,
    Column("month", String(7)),
    Column("emotion", String(16)),
    Column("reason", String(16), nullable=False),
    Column("faces", Integer, nullable=False),
    Column("number", Integer, nullable=False),
)
"""Judged photos by month and what was found; those without a file are in it too."""

DIGIT = "\x1a"
"""Stands for any digit of a file's name in `path_tallies`."""

path_tallies = Table(
    "path_tallies",
    _metadata,
    Column("root_id", Id, nullable=False),
    Column("shape", PathText, nullable=False, key="relpath"),
    Column("number", Integer, nullable=False),
)
"""Present files that show a photo by folder and name, in which any digit is `DIGIT`: `IMG_0001.JPG` and its like are one.

So a folder of a camera's files is one row, and a text that is found in a row's shape is found in all its files' paths.
"""


@dataclass(frozen=True, slots=True)
class _Tally:
    """How a table's rows are counted.

    Attributes:
        table: what holds the counts.
        of: the table that is counted.
        keys: by column of `table`, the SQL of its value for a `{row}` of the counted table.
        changes: the columns of the counted table on which keys and condition depend.
        counted: the SQL of the condition that a `{row}` is counted at all.
    """

    table: Table
    of: str
    keys: Mapping[str, str]
    changes: tuple[str, ...]
    counted: str = "1"

    @property
    def name(self) -> str:
        return str(self.table.name)

    def fill(self) -> str:
        """SQL that counts all rows there are."""
        keys = ", ".join(key.format(row="counted") for key in self.keys.values())
        places = ", ".join(map(str, range(1, len(self.keys) + 1)))
        where = self.counted.format(row="counted")
        return f"INSERT INTO {self.name} SELECT {keys}, count(*) FROM {self.of} counted WHERE {where} GROUP BY {places}"

    def triggers(self) -> Iterator[tuple[str, str]]:
        """Names of the triggers, each with its SQL from the event on."""
        new, old = self.counted.format(row="new"), self.counted.format(row="old")
        columns = ", ".join(self.changes)
        changed = " OR ".join(f"new.{column} IS NOT old.{column}" for column in self.changes)
        updated = f"AFTER UPDATE OF {columns} ON {self.of} WHEN"
        yield f"{self.name}_added", f"AFTER INSERT ON {self.of} WHEN {new} {_body(self._more())}"
        yield f"{self.name}_removed", f"AFTER DELETE ON {self.of} WHEN {old} {_body(self._less())}"
        yield f"{self.name}_left", f"{updated} ({changed}) AND {old} {_body(self._less())}"
        yield f"{self.name}_changed", f"{updated} ({changed}) AND {new} {_body(self._more())}"

    def _more(self) -> tuple[str, str]:
        values = ", ".join(key.format(row="new") for key in self.keys.values())
        group = self._group("new")
        return (
            f"INSERT INTO {self.name} SELECT {values}, 0 WHERE NOT EXISTS (SELECT 1 FROM {self.name} WHERE {group})",
            f"UPDATE {self.name} SET number = number + 1 WHERE {group}",
        )

    def _less(self) -> tuple[str, str]:
        group = self._group("old")
        return (
            f"UPDATE {self.name} SET number = number - 1 WHERE {group}",
            f"DELETE FROM {self.name} WHERE {group} AND number = 0",
        )

    def _group(self, row: str) -> str:
        return " AND ".join(f"{column} IS {key.format(row=row)}" for column, key in self.keys.items())


def create_tallies(tx: Connection) -> None:
    """Make the tables with their triggers and count what there is; does nothing on Postgres."""
    if tx.dialect.name != "sqlite":
        return
    _metadata.create_all(tx, checkfirst=False)
    for tally in _TALLIES:
        tx.exec_driver_sql(tally.fill())
        tx.exec_driver_sql(f"CREATE INDEX ix_{tally.name} ON {tally.name} ({', '.join(tally.keys)})")
        for name, sql in tally.triggers():
            tx.exec_driver_sql(f"CREATE TRIGGER {name} {sql}")


def drop_tallies(tx: Connection) -> None:
    """Remove the tables and their triggers; does nothing on Postgres."""
    if tx.dialect.name != "sqlite":
        return
    for tally in _TALLIES:
        for name, _ in tally.triggers():
            tx.exec_driver_sql(f"DROP TRIGGER {name}")
    _metadata.drop_all(tx, checkfirst=False)


def _body(statements: tuple[str, ...]) -> str:
    return f"BEGIN {'; '.join(statements)}; END"


def _shape(relpath: str) -> str:
    """SQL for a path with the digits of its last part replaced."""
    folder = f"rtrim({relpath}, replace({relpath}, '/', ''))"
    name = f"substr({relpath}, length({folder}) + 1)"
    for digit in range(10):
        name = f"replace({name}, '{digit}', char({ord(DIGIT)}))"
    return f"{folder} || {name}"


_MONTH = "substr({row}.taken, 1, 7)"

_TALLIES = (
    _Tally(photo_tallies, "photos", {"month": _MONTH, "camera": "{row}.camera"}, ("taken", "camera")),
    _Tally(
        verdict_tallies,
        "verdicts",
        {"month": _MONTH} | {name: f"{{row}}.{name}" for name in ("emotion", "reason", "faces")},
        ("taken", "emotion", "reason", "faces"),
    ),
    _Tally(
        path_tallies,
        "files",
        {"root_id": "{row}.root_id", "shape": _shape("{row}.relpath")},
        ("root_id", "relpath", "photo_id", "missing_since"),
        "{row}.photo_id IS NOT NULL AND {row}.missing_since IS NULL",
    ),
)
