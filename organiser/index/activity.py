"""What is going on, counted from rows: how much was done lately, how long the oldest waits, who is at work. Reads only,
but for the one row in which each worker says that it lives.
"""

import json
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, exists, func, select

from organiser.core.photo import PhotoId
from organiser.index import flags
from organiser.index.schema import failures, files, leases, looks, photos, verdicts

_WORKER = "worker:"


@dataclass(frozen=True, slots=True)
class WorkerSign:
    """A worker's last sign of life: a message it sent to itself came back through broker, pool and index at `at`."""

    name: str
    host: str
    pid: int
    queues: tuple[str, ...]
    processes: int
    device: str
    at: float = 0.0

    def now(self, at: float) -> "WorkerSign":
        """Return the sign of life of this moment."""
        return replace(self, at=at)


def sign(tx: Connection, one: WorkerSign) -> None:
    """Record a sign of life in place of the worker's last."""
    flags.put(tx, _WORKER + one.name, json.dumps(asdict(one)))


def sign_off(tx: Connection, name: str) -> None:
    """Forget a worker that ended."""
    flags.put(tx, _WORKER + name, None)


def workers(tx: Connection) -> list[WorkerSign]:
    """Return every worker's last sign of life, by name."""
    signs = []
    for _, text in sorted(flags.starting_with(tx, _WORKER).items()):
        values = json.loads(text)
        signs.append(WorkerSign(**values | {"queues": tuple(values["queues"])}))
    return signs


def count_to_identify(tx: Connection) -> int:
    """Count present files whose picture was never digested and did not fail either."""
    failed = exists().where(failures.c.file_id == files.c.id)
    query = select(func.count()).select_from(files)
    return tx.execute(query.where(files.c.photo_id.is_(None), files.c.missing_since.is_(None), ~failed)).scalar_one()


def count_in_hand(tx: Connection, now: float) -> int:
    """Count the photos some worker holds just now."""
    return tx.execute(select(func.count()).select_from(leases).where(leases.c.expires > now)).scalar_one()


def count_looked(tx: Connection, since: float) -> int:
    """Count photos looked at since that moment."""
    return tx.execute(select(func.count()).select_from(looks).where(looks.c.at >= since)).scalar_one()


def count_judged(tx: Connection, since: float) -> int:
    """Count verdicts given since that moment."""
    return tx.execute(select(func.count()).select_from(verdicts).where(verdicts.c.at >= since)).scalar_one()


def newest_verdict(tx: Connection) -> float | None:
    """Return when the last verdict was given, or None without any."""
    return tx.execute(select(func.max(verdicts.c.at))).scalar()


def count_failures(tx: Connection) -> tuple[int, int]:
    """Count failures: those tried again by themselves, and those that are not."""
    waiting = func.count(failures.c.retry_at)
    total, again = tx.execute(select(func.count(), waiting).select_from(failures)).one()
    return again, total - again


def added(tx: Connection, photo_id: PhotoId) -> float | None:
    """Return when a photo was first seen, or None for one that is gone."""
    return tx.execute(select(photos.c.added).where(photos.c.id == photo_id)).scalar()
