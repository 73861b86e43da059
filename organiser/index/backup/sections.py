"""The one table of what a backup holds: which tables, in the order that references need, and how a row is put back."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select

from organiser.index.backup import older
from organiser.index.backup.moved import MovedPaths
from organiser.index.db import schema

Row = dict[str, Any]

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Restoring:
    """What is known while rows are put back.

    Attributes:
        made: when the backup was made, in epoch seconds.
        models, runs: the ids that rows of the backup have in this index.
    """

    moved: MovedPaths
    made: float
    models: dict[int, int] = field(default_factory=dict)
    runs: dict[int, int] = field(default_factory=dict)


def _unchanged(row: Row, _restoring: Restoring) -> Row:
    return row


def _root(row: Row, restoring: Restoring) -> Row:
    """No scan of this machine has seen the root yet."""
    state = {"reconciled": None, "offline_since": None, "offline_reason": None}
    return row | {"path": restoring.moved.path(row["path"])} | state


def _collection(row: Row, restoring: Restoring) -> Row:
    return row | {"target": None if row["target"] is None else restoring.moved.path(row["target"])}


def _placement(row: Row, restoring: Restoring) -> Row:
    moved = restoring.moved
    if "mode" not in row:
        row["mode"], row["details"] = older.split_details(row["details"])
    return row | {"destination": moved.path(row["destination"]), "details": moved.json(row["details"])}


def _journal(row: Row, restoring: Restoring) -> Row:
    if "photo_id" not in row:
        row["photo_id"] = older.photo_of(row["step"])
    return row | {"run_id": restoring.runs[row["run_id"]], "step": restoring.moved.json(row["step"])}


def _judged(row: Row, restoring: Restoring) -> Row:
    return row | {"model_id": restoring.models[row["model_id"]]}


def _schedule(row: Row, restoring: Restoring) -> Row:
    return row | {"arguments": restoring.moved.json(row["arguments"])}


def _run(row: Row, restoring: Restoring) -> Row:
    """A run that went on when the backup was made goes on nowhere."""
    if row["ended"] is not None:
        return row
    return row | {"ended": restoring.made, "error": row["error"] or "it went on when the backup was made"}


@dataclass(frozen=True, slots=True)
class Section:
    """One table in a backup.

    Attributes:
        always: it is in every backup; else only in one of everything.
        prepare: gives a row of the backup as this index is to hold it.
        renumbered: its rows get new ids, as there may be rows already.
    """

    table: Table
    always: bool = True
    prepare: Callable[[Row, Restoring], Row] = _unchanged
    renumbered: bool = False


SECTIONS: tuple[Section, ...] = (
    Section(schema.roots, prepare=_root),
    Section(schema.photos),
    Section(schema.files),
    Section(schema.keywords),
    Section(schema.ratings),
    Section(schema.models, renumbered=True),
    Section(schema.collections, prepare=_collection),
    Section(schema.corrections),
    Section(schema.runs, prepare=_run, renumbered=True),
    Section(schema.placements, prepare=_placement),
    Section(schema.journal, prepare=_journal),
    Section(schema.schedules, prepare=_schedule, renumbered=True),
    Section(schema.flags),
    Section(schema.verdicts, prepare=_judged),
    Section(schema.detections, always=False),
    Section(schema.faces, always=False),
    Section(schema.crops, always=False),
    Section(schema.predictions, always=False, prepare=_judged),
    Section(schema.failures, always=False),
)

LEFT_OUT: frozenset[str] = frozenset(
    {"scan_requests", "placing_requests", "leases", "file_leases", "locks", "pauses", "workers"}
)
"""Tables of work that goes on now: worth nothing tomorrow."""

BY_NAME: Mapping[str, Section] = {section.table.name: section for section in SECTIONS}


def rows(tx: Connection, section: Section) -> Iterator[list[Any]]:
    """Yield the rows of a section as lists of plain values in the order of its table's columns."""
    query = select(section.table).order_by(*section.table.primary_key)
    result = tx.execute(query, execution_options={"stream_results": True})
    for page in result.partitions(_PAGE):
        for row in page:
            yield list(map(_plain, row))


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: moments in ISO form, bytes in base 64."""
    if isinstance(value, datetime):
        return value.isoformat()
    return b64encode(value).decode() if isinstance(value, bytes) else value


def count(tx: Connection, section: Section) -> int:
    """Count the rows that a table holds."""
    return int(tx.execute(select(func.count()).select_from(section.table)).scalar_one())
