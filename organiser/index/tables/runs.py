"""Runs as rows: each user-visible piece of work, who or what started it, its counts and durations."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from organiser.index.db.schema import runs

QUEUED = "queued"
"""The argument that marks a run whose work lies in the queue."""

FOLLOW_UP = "follow-up"
"""The origin of placing that follows new verdicts, of which there may be one after every message."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of work; moments in epoch seconds, `ended` None while it is open, `error` why it could not be done.

    Attributes:
        ids: of all the rows it stands for, newest first; follow-ups that came one after the other are listed as one.
    """

    id: int
    kind: str
    origin: str
    arguments: Mapping[str, Any]
    started: float
    ended: float | None
    cancelled: bool
    counts: Mapping[str, int]
    error: str | None = None
    ids: tuple[int, ...] = ()


def start(tx: Connection, kind: str, origin: str, arguments: Mapping[str, Any], now: float) -> int:
    """Open a run and return its id; `origin` says what started it ("command line", "watch", "schedule nightly")."""
    values = {"kind": kind, "origin": origin, "arguments": json.dumps(dict(arguments)), "started": now}
    run_id: int = tx.execute(insert(runs).values(values).returning(runs.c.id)).scalar_one()
    return run_id


def end(tx: Connection, run_id: int, counts: Mapping[str, int], now: float) -> None:
    """Close a run with its counts."""
    tx.execute(update(runs).where(runs.c.id == run_id).values(ended=now, counts=json.dumps(dict(counts))))


def finish(tx: Connection, run_id: int, now: float) -> None:
    """Close a run whose counts were added up message by message."""
    tx.execute(update(runs).where(runs.c.id == run_id).values(ended=now))


def fail(tx: Connection, run_id: int, error: str, now: float) -> None:
    """Close a run that could not be done."""
    tx.execute(update(runs).where(runs.c.id == run_id).values(ended=now, error=error))


def abandon(tx: Connection, kind: str, now: float) -> None:
    """Close the open runs of a kind, at which nobody is at work any more."""
    left = runs.c.kind == kind, runs.c.ended.is_(None)
    tx.execute(update(runs).where(*left).values(ended=now, error="its process ended in mid-way"))


def remove(tx: Connection, run_id: int) -> None:
    """Take back a run that never began, with all it asked for."""
    tx.execute(delete(runs).where(runs.c.id == run_id))


def tally(tx: Connection, run_id: int, counts: Mapping[str, int], *, working: float, waited: float) -> None:
    """Add what one message of a run did, the seconds it took, and how long the run's first message waited in the queue.

    A message that is done twice is counted twice: for how far a run is, count rows.
    """
    row = tx.execute(select(runs.c.counts).where(runs.c.id == run_id).with_for_update()).scalar()
    if row is None:
        return
    sums: dict[str, float] = json.loads(row)
    for word, count in (*counts.items(), ("working_ms", round(1000 * working))):
        sums[word] = sums.get(word, 0) + count
    sums.setdefault("waited_ms", round(1000 * waited))
    tx.execute(update(runs).where(runs.c.id == run_id).values(counts=json.dumps(sums)))


def cancel(tx: Connection, run_id: int) -> None:
    """Ask a run to stop; its handlers look between chunks."""
    tx.execute(update(runs).where(runs.c.id == run_id, runs.c.ended.is_(None)).values(cancelled=True))


def get(tx: Connection, run_id: int) -> Run | None:
    """Return one run, or None."""
    row = tx.execute(_COLUMNS.where(runs.c.id == run_id)).one_or_none()
    return None if row is None else _read(row)


def latest(tx: Connection, limit: int = 20) -> list[Run]:
    """Return the newest runs, newest first; follow-ups that came one after the other, and ended well, as one."""
    found: list[Run] = []
    if limit < 1:
        return found
    result = tx.execute(_COLUMNS.order_by(runs.c.id.desc()), execution_options={"stream_results": True})
    for run in map(_read, result):
        if found and _belongs_to(run, found[-1]):
            found[-1] = _joined(found[-1], run)
        elif len(found) == limit:
            break
        else:
            found.append(run)
    result.close()
    return found


def _belongs_to(earlier: Run, later: Run) -> bool:
    same = earlier.origin == later.origin == FOLLOW_UP and earlier.kind == later.kind
    return same and all(run.error is None and run.ended is not None for run in (earlier, later))


def _joined(later: Run, earlier: Run) -> Run:
    counts = Counter(earlier.counts)
    counts.update(later.counts)
    return replace(later, started=earlier.started, counts=dict(counts), ids=(*later.ids, earlier.id))


def started_last(tx: Connection, origins: Collection[str], kind: str) -> Iterator[Run]:
    """Yield the runs of a kind that something of these origins started, the newest first."""
    query = _COLUMNS.where(runs.c.origin.in_(origins), runs.c.kind == kind).order_by(runs.c.id.desc())
    yield from map(_read, tx.execute(query))


def queued(tx: Connection) -> list[Run]:
    """Return the open runs that the queue works on, which nobody waits for and a sweep ends."""
    return [run for run in map(_read, tx.execute(_COLUMNS.where(runs.c.ended.is_(None)))) if QUEUED in run.arguments]


def _read(row: Any) -> Run:
    return Run(
        row[0], row[1], row[2], json.loads(row[3]), row[4], row[5], row[6], json.loads(row[7]), row[8], (row[0],)
    )


_COLUMNS = select(
    runs.c.id,
    runs.c.kind,
    runs.c.origin,
    runs.c.arguments,
    runs.c.started,
    runs.c.ended,
    runs.c.cancelled,
    runs.c.counts,
    runs.c.error,
)
