"""The three questions everything else rests on: which files, photos and verdicts are due. Reads only.

First run, crash recovery, retry, a new model and scheduled re-classification are all these queries. Every answer is
paged by id (`after`), so that its cost does not depend on how much is due.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from organiser.core.photo import FileId, PhotoId
from organiser.index.db.schema import detections, failures, file_leases, files, leases, photos, verdicts


def to_identify(tx: Connection, now: float, *, after: int = 0, limit: int = 1000) -> list[FileId]:
    """Return present files whose photo is not known, or not any more, unless they failed and wait or are in progress."""
    waits = exists().where(failures.c.file_id == files.c.id, _waiting(now))
    taken = exists().where(file_leases.c.file_id == files.c.id, file_leases.c.expires > now)
    rest = files.c.missing_since.is_(None), files.c.id > after, ~waits, ~taken
    found: set[FileId] = set()
    for unknown in (files.c.photo_id.is_(None), files.c.changed.is_not(None)):  # an index each, none for both at once
        found.update(tx.execute(select(files.c.id).where(unknown, *rest).order_by(files.c.id).limit(limit)).scalars())
    return sorted(found)[:limit]


def to_detect(
    tx: Connection,
    detector: str,
    now: float,
    *,
    among: Sequence[PhotoId] | None = None,
    after: int = 0,
    limit: int = 1000,
) -> list[PhotoId]:
    """Return photos with a present file and no detection by `detector`, unless they failed or are in progress elsewhere."""
    return _page(tx, _unseen(detector, now), "detect", now, among, after, limit)


def to_judge(
    tx: Connection,
    detector: str,
    model_id: int,
    policy: str,
    now: float,
    *,
    among: Sequence[PhotoId] | None = None,
    after: int = 0,
    limit: int = 1000,
) -> list[PhotoId]:
    """Return photos with a detection by `detector`, without verdict by this model and policy, unless judging failed for good."""
    return _page(tx, _unjudged(detector, model_id, policy), "judge", now, among, after, limit)


def count_to_detect(tx: Connection, detector: str, now: float) -> int:
    """Count what `to_detect` would give without its page."""
    return tx.execute(select(func.count()).select_from(photos).where(*_unseen(detector, now))).scalar_one()


def count_to_judge(tx: Connection, detector: str, model_id: int, policy: str) -> int:
    """Count what `to_judge` would give without its page."""
    due = _unjudged(detector, model_id, policy)
    return tx.execute(select(func.count()).select_from(photos).where(*due)).scalar_one()


def _page(
    tx: Connection,
    due: Sequence[ColumnElement[bool]],
    stage: str,
    now: float,
    among: Sequence[PhotoId] | None,
    after: int,
    limit: int,
) -> list[PhotoId]:
    taken = exists().where(leases.c.photo_id == photos.c.id, leases.c.stage == stage, leases.c.expires > now)
    query = select(photos.c.id).where(*due, ~taken, photos.c.id > after)
    if among is not None:
        query = query.where(photos.c.id.in_(among))
    return [PhotoId(key) for key in tx.execute(query.order_by(photos.c.id).limit(limit)).scalars()]


def _unseen(detector: str, now: float) -> tuple[ColumnElement[bool], ...]:
    seen = exists().where(detections.c.photo_id == photos.c.id, detections.c.detector == detector)
    waits = exists().where(failures.c.photo_id == photos.c.id, failures.c.stage == "detect", failures.c.retry_at > now)
    return _present(), ~seen, ~waits


def _unjudged(detector: str, model_id: int, policy: str) -> tuple[ColumnElement[bool], ...]:
    seen = exists().where(
        detections.c.photo_id == photos.c.id,
        detections.c.detector == detector,
        detections.c.outcome.in_(("ok", "no_face")),
    )
    current = and_(verdicts.c.model_id == model_id, verdicts.c.policy == policy)
    judged = exists().where(verdicts.c.photo_id == photos.c.id, current)
    barred = exists().where(
        failures.c.photo_id == photos.c.id, failures.c.stage == "judge", failures.c.retry_at.is_(None)
    )
    return seen, ~judged, ~barred


def _present() -> ColumnElement[bool]:
    return exists().where(files.c.photo_id == photos.c.id, files.c.missing_since.is_(None))


def _waiting(now: float) -> ColumnElement[bool]:
    return or_(failures.c.retry_at.is_(None), failures.c.retry_at > now)
