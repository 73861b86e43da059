"""What is going on, counted from rows: how much was done lately, how long the oldest waits, who is at work. Reads only,
but for the one row in which each worker says that it lives.
"""

import json
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, delete, exists, func, or_, select

from organiser.index.db.schema import detections, failures, files, leases, photos, verdicts
from organiser.index.db.schema import workers as worker_rows
from organiser.index.db.upsert import insert_for
from organiser.index.tables.failures import standing


@dataclass(frozen=True, slots=True)
class WorkerHeartbeat:
    """A worker's last heartbeat: a message it sent to itself came back through broker, pool and index at `at`."""

    name: str
    host: str
    pid: int
    queues: tuple[str, ...]
    processes: int
    device: str
    at: float = 0.0

    def now(self, at: float) -> "WorkerHeartbeat":
        """Return the heartbeat of this moment."""
        return replace(self, at=at)


def record_heartbeat(tx: Connection, heartbeat: WorkerHeartbeat) -> None:
    """Record a heartbeat in place of the worker's last."""
    values = {name: getattr(heartbeat, name) for name in ("host", "pid", "processes", "device", "at")}
    values["queues"] = json.dumps(heartbeat.queues)
    make = insert_for(tx, worker_rows).values(values | {"name": heartbeat.name})
    tx.execute(make.on_conflict_do_update(index_elements=["name"], set_=values))


def forget_worker(tx: Connection, name: str) -> None:
    """Forget a worker that ended."""
    tx.execute(delete(worker_rows).where(worker_rows.c.name == name))


def workers(tx: Connection) -> list[WorkerHeartbeat]:
    """Return every worker's last heartbeat, by name."""
    rows = tx.execute(_WORKERS.order_by(worker_rows.c.name))
    return [WorkerHeartbeat(*row[:3], tuple(json.loads(row[3])), *row[4:]) for row in rows]


_WORKERS = select(
    worker_rows.c.name,
    worker_rows.c.host,
    worker_rows.c.pid,
    worker_rows.c.queues,
    worker_rows.c.processes,
    worker_rows.c.device,
    worker_rows.c.at,
)


def count_to_identify(tx: Connection) -> int:
    """Count present files whose picture, as it is now, was not digested and did not fail either."""
    failed = exists().where(failures.c.file_id == files.c.id)
    unknown = or_(files.c.photo_id.is_(None), files.c.changed.is_not(None))
    query = select(func.count()).select_from(files)
    return tx.execute(query.where(unknown, files.c.missing_since.is_(None), ~failed)).scalar_one()


def count_in_hand(tx: Connection, now: float) -> int:
    """Count the photos some worker holds just now."""
    return tx.execute(select(func.count()).select_from(leases).where(leases.c.expires > now)).scalar_one()


def detected(tx: Connection, since: float) -> list[tuple[float, int]]:
    """Return how many photos had their faces detected, by the moment their chunk was recorded, from `since` on."""
    return _by_moment(tx, detections.c.at, since)


def judged(tx: Connection, since: float) -> list[tuple[float, int]]:
    """Return how many verdicts were given, by the moment their chunk was recorded, from `since` on."""
    return _by_moment(tx, verdicts.c.at, since)


def _by_moment(tx: Connection, at: ColumnElement[float], since: float) -> list[tuple[float, int]]:
    query = select(at, func.count()).where(at >= since).group_by(at).order_by(at)
    return [(row[0], row[1]) for row in tx.execute(query)]


def count_failures(tx: Connection) -> tuple[int, int]:
    """Count the failures of what is there: those tried again by themselves, and those that are not."""
    waiting = func.count(failures.c.retry_at)
    total, again = tx.execute(select(func.count(), waiting).select_from(failures).where(standing())).one()
    return again, total - again


def waiting_since(tx: Connection, now: float) -> float | None:
    """Return since when the photo waits that has waited longest for its first verdict, or None when none does.

    What a new model or policy made stale has a verdict and waits for nobody.
    """
    present = exists().where(files.c.photo_id == photos.c.id, files.c.missing_since.is_(None))
    unseen = ~exists().where(detections.c.photo_id == photos.c.id)
    later = exists().where(failures.c.photo_id == photos.c.id, failures.c.stage == "detect", failures.c.retry_at > now)
    first = tx.execute(select(func.min(photos.c.added)).where(present, unseen, ~later)).scalar()
    unjudged = ~exists().where(verdicts.c.photo_id == detections.c.photo_id)
    barred = exists().where(failures.c.photo_id == detections.c.photo_id, failures.c.stage == "judge")
    seen = detections.c.outcome.in_(("ok", "no_face"))
    second = tx.execute(select(func.min(detections.c.at)).where(seen, unjudged, ~barred)).scalar()
    return min((moment for moment in (first, second) if moment is not None), default=None)
