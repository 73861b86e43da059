"""Puts the rows of a backup into an index that holds nothing of its own yet."""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, delete, func, insert, select

from organiser.errors import Permanent
from organiser.index.backup import older
from organiser.index.backup.sections import SECTIONS, Restoring, Row, Section
from organiser.index.db.schema import collections, corrections, flags, journal, models, photos, placements, roots, runs
from organiser.index.db.schema import schedules as schedules_table
from organiser.index.db.types import Wall
from organiser.index.tables import collections as collection_rows
from organiser.index.tables import models as model_rows

_PAGE = 500


def holdings(tx: Connection) -> dict[str, int]:
    """Count what an index holds that a backup could not be put beside; empty for a new one.

    The collections that every index begins with, the shipped model and runs that placed nothing do not count.
    """
    own = {
        "roots": select(func.count()).select_from(roots),
        "photos": select(func.count()).select_from(photos),
        "corrections": select(func.count()).select_from(corrections),
        "collections": select(func.count()).where(collections.c.added > 0),
        "placements": select(func.count()).select_from(placements),
        "steps of placing": select(func.count()).select_from(journal),
    }
    counted = {word: int(tx.execute(query).scalar_one()) for word, query in own.items()}
    return {word: number for word, number in counted.items() if number}


def clear(tx: Connection) -> None:
    """Take out what a new index begins with and a backup brings its own of."""
    model_rows.use(tx, None)
    for table in (collections, schedules_table, flags):
        tx.execute(delete(table))


def load(
    tx: Connection, section: Section, columns: Sequence[str], found: Iterable[Sequence[Any]], to: Restoring
) -> None:
    """Put the rows of a section into its table.

    Args:
        columns: the names of the values of each row; those that the table has and the backup has not get defaults.

    Raises:
        Permanent: the table has no such column.
    """
    unknown = set(columns) - set(section.table.c.keys())
    if unknown:
        raise Permanent(f"the backup has {section.table.name}.{min(unknown)}, which this version does not know")
    prepared = (section.prepare(_decoded(section.table, columns, values), to) for values in found)
    if section.table is models:
        _load_models(tx, prepared, to)
    elif section.table is runs:
        _load_runs(tx, prepared, to)
    elif section.table is flags:
        _load_flags(tx, prepared)
    else:
        while page := list(islice(prepared, _PAGE)):
            tx.execute(insert(section.table), [_without_id(row) if section.renumbered else row for row in page])


def finish(tx: Connection) -> None:
    """Have Postgres number new rows after those that were put in with their ids; SQLite does so by itself."""
    if tx.dialect.name != "postgresql":
        return
    for section in SECTIONS:
        if "id" in section.table.c and not section.renumbered:
            sequence = func.pg_get_serial_sequence(section.table.name, "id")
            tx.execute(select(func.setval(sequence, func.max(section.table.c.id))))  # of no rows it sets nothing


def _load_models(tx: Connection, prepared: Iterator[Row], to: Restoring) -> None:
    """A model that is known here already, as the shipped one, keeps its row."""
    for row in prepared:
        known = tx.execute(select(models.c.id).where(models.c.digest == row["digest"])).scalar()
        to.models[row["id"]] = _added(tx, models, row | {"active": False}) if known is None else known
        if row.get("active"):
            model_rows.use(tx, row["digest"])


def _load_runs(tx: Connection, prepared: Iterator[Row], to: Restoring) -> None:
    for row in prepared:
        to.runs[row["id"]] = _added(tx, runs, row)


def _load_flags(tx: Connection, prepared: Iterator[Row]) -> None:
    """Of an earlier revision they may tell of the active model and of held collections, which are loaded already.

    What taking the models into use noted meanwhile gives way.
    """
    tx.execute(delete(flags))
    for row in prepared:
        if row["name"] == older.ACTIVE_MODEL:
            model_rows.use(tx, row["value"])
        elif row["name"].startswith(older.HELD):
            collection_id = int(row["name"].removeprefix(older.HELD))
            collection_rows.hold(tx, collection_id, float(row["value"]))
        else:
            tx.execute(insert(flags).values(row))


def _added(tx: Connection, table: Table, row: Row) -> int:
    added: int = tx.execute(insert(table).values(_without_id(row)).returning(table.c.id)).scalar_one()
    return added


def _without_id(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "id"}


def _decoded(table: Table, columns: Sequence[str], values: Sequence[Any]) -> Row:
    row = dict(zip(columns, values, strict=True))
    for name, value in row.items():
        if value is not None and isinstance(table.c[name].type, Wall):
            row[name] = datetime.fromisoformat(value)
        elif value is not None and isinstance(table.c[name].type, LargeBinary):
            row[name] = b64decode(value, validate=True)
    return row
