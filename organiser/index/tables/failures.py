"""Failures as rows: what could not be done, why, how often it was tried, and when it is worth another try."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select

from organiser.core.chunks import chunks
from organiser.core.photo import Failed, FailureKind, FileId, PhotoId
from organiser.index.db.schema import detections, failures, files, roots

_FIRST_WAIT_S = 60.0
_LONGEST_WAIT_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure; `retry_at` (epoch seconds) is None for a permanent one."""

    id: int
    path: str
    stage: str
    kind: str
    reason: str
    attempts: int
    at: float
    retry_at: float | None


def record(
    tx: Connection, stage: str, failed: Iterable[tuple[PhotoId | None, FileId | None, Failed]], now: float
) -> None:
    """Record failures of a stage; each replaces an earlier one of the same photo or file and counts on from it."""
    for photo_id, file_id, failure in failed:
        same = and_(failures.c.stage == stage, _of(photo_id, file_id))
        before = tx.execute(select(func.max(failures.c.attempts)).where(same)).scalar() or 0
        tx.execute(delete(failures).where(same))
        values = {
            "stage": stage,
            "photo_id": photo_id,
            "file_id": file_id,
            "kind": failure.kind,
            "reason": failure.reason,
        }
        wait = min(_FIRST_WAIT_S * 4**before, _LONGEST_WAIT_S)
        retry_at = now + wait if failure.kind.transient else None
        tx.execute(insert(failures).values(values | {"attempts": before + 1, "at": now, "retry_at": retry_at}))


def clear(tx: Connection, stage: str, photo_ids: Sequence[PhotoId] = (), file_ids: Sequence[FileId] = ()) -> None:
    """Drop the failures of a stage for photos and files that now succeeded."""
    batch = or_(failures.c.photo_id.in_(photo_ids), failures.c.file_id.in_(file_ids))
    tx.execute(delete(failures).where(failures.c.stage == stage, batch))


def lasting(tx: Connection, stage: str, file_ids: Sequence[FileId]) -> set[FileId]:
    """Return those of these files that failed in a stage for good."""
    found: set[FileId] = set()
    for part in chunks(file_ids):
        batch = failures.c.file_id.in_(part)
        query = select(failures.c.file_id).where(batch, failures.c.stage == stage, failures.c.retry_at.is_(None))
        found.update(tx.execute(query).scalars())
    return found


def standing() -> ColumnElement[bool]:
    """Return whether a failure is anybody's concern: a file of it is there. One whose files return is again."""
    there = files.alias()
    concerned = or_(there.c.id == failures.c.file_id, there.c.photo_id == failures.c.photo_id)
    return exists().where(concerned, there.c.missing_since.is_(None)).correlate(failures)


def every(tx: Connection) -> list[Failure]:
    """Return all failures of what is there, newest first, each with a path a person can open (the photo's first file)."""
    copies = files.alias()
    of_photo = copies.c.photo_id == failures.c.photo_id, copies.c.missing_since.is_(None)
    first = select(func.min(copies.c.id)).where(*of_photo).scalar_subquery()
    columns = failures.c.stage, failures.c.kind, failures.c.reason, failures.c.attempts, failures.c.at
    query = (
        select(failures.c.id, roots.c.path, files.c.relpath, *columns, failures.c.retry_at)
        .join_from(failures, files, files.c.id == func.coalesce(failures.c.file_id, first))
        .join(roots)
        .where(files.c.missing_since.is_(None))
        .order_by(failures.c.at.desc(), failures.c.id)
    )
    return [Failure(row[0], f"{row[1]}/{row[2]}", *row[3:]) for row in tx.execute(query)]


def photos_of(tx: Connection, failure_ids: Sequence[int]) -> dict[int, PhotoId]:
    """Return the photo that each of these failures is of, where that is known."""
    photo_id = func.coalesce(failures.c.photo_id, files.c.photo_id)
    query = select(failures.c.id, photo_id).outerjoin_from(failures, files, files.c.id == failures.c.file_id)
    rows = tx.execute(query.where(failures.c.id.in_(failure_ids), photo_id.is_not(None)))
    return {row[0]: PhotoId(row[1]) for row in rows}


def retry(tx: Connection, failure_ids: Sequence[int]) -> None:
    """Make what failed due again, at once."""
    photo_ids = select(failures.c.photo_id).where(failures.c.id.in_(failure_ids), failures.c.stage == "detect")
    tx.execute(delete(detections).where(detections.c.photo_id.in_(photo_ids), detections.c.outcome == "failed"))
    forget(tx, failure_ids)


def waiting_for_part() -> ColumnElement[bool]:
    """Return whether a failure is one of a part that was not installed; earlier versions took it for a lasting one."""
    earlier = and_(failures.c.kind == FailureKind.UNSUPPORTED, failures.c.reason.startswith("camera raw files need"))
    return or_(failures.c.kind == FailureKind.NEEDS_PART, earlier)


def count_waiting_for_part(tx: Connection) -> int:
    """Count the photos that wait for an optional part to be installed."""
    query = select(func.count()).select_from(failures).where(waiting_for_part(), standing())
    return int(tx.execute(query).scalar_one())


def retry_waiting_for_part(tx: Connection) -> int:
    """Make due again, at once, what waited for an optional part; return how much that is."""
    ids = list(tx.execute(select(failures.c.id).where(waiting_for_part())).scalars())
    retry(tx, ids)
    return len(ids)


def forget(tx: Connection, failure_ids: Sequence[int]) -> None:
    """Stop listing these failures; a photo not to be looked at for good stays so until its file changes."""
    tx.execute(delete(failures).where(failures.c.id.in_(failure_ids)))


def _of(photo_id: PhotoId | None, file_id: FileId | None) -> ColumnElement[bool]:
    return failures.c.photo_id == photo_id if photo_id is not None else failures.c.file_id == file_id
