"""Everything the index holds of one photo, as values for people to read. Reads only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, or_, select

from organiser.core.emotion import Emotion, Probabilities
from organiser.core.face import Box
from organiser.core.judging.legible import Sight, frontal
from organiser.core.photo import PhotoId
from organiser.index.db.schema import (
    collections,
    detections,
    faces,
    failures,
    files,
    models,
    photos,
    placements,
    predictions,
    roots,
    verdicts,
)


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo, when its faces were detected and with what outcome, and its verdict; what it lacks is None.

    Attributes:
        taken_from: a `DateSource`.
        policy: fingerprint of the policy that folded the verdict; model_digest: of the model that gave it.
        detected, judged: epoch seconds.
    """

    digest: str
    added: float
    width: int | None
    height: int | None
    taken: datetime | None
    camera: str | None
    taken_from: str | None
    outcome: str | None
    detector: str | None
    detected: float | None
    emotion: str | None
    confidence: float | None
    reason: str | None
    policy: str | None
    judged: float | None
    model: str | None
    model_version: str | None
    model_digest: str | None


@dataclass(frozen=True, slots=True)
class FaceRow:
    """A face as it was found, and what the model of the photo's verdict sees in it; `gate` says why it is too poor."""

    box: Box
    score: float
    size: float
    sharpness: float
    gate: str | None
    frontal: float
    probabilities: Probabilities | None

    @property
    def sight(self) -> Sight:
        """What was measured of the face."""
        return Sight(self.size, self.sharpness, self.score, self.frontal)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the photo, absolute, and since when it is missing."""

    path: str
    missing_since: float | None


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """What a collection holds of the photo; `destination` is relative to its target, or the tagged picture."""

    collection: str
    target: str | None
    mode: str
    destination: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """What could not be done with the photo or one of its files."""

    stage: str
    kind: str
    reason: str
    attempts: int
    at: float


def photo(tx: Connection, photo_id: PhotoId) -> PhotoRow | None:
    """Return the photo with its detection and verdict, or None when it is gone."""
    row = tx.execute(_PHOTO.where(photos.c.id == photo_id)).one_or_none()
    return None if row is None else PhotoRow(*tuple(row))


def faces_of(tx: Connection, photo_id: PhotoId) -> list[FaceRow]:
    """Return the photo's faces in the order of their numbers."""
    query = (
        select(*_FACE, photos.c.width, photos.c.height, predictions.c.probabilities, models.c.labels)
        .select_from(faces)
        .join(photos)
        .outerjoin(verdicts, verdicts.c.photo_id == faces.c.photo_id)
        .outerjoin(models, models.c.id == verdicts.c.model_id)
        .outerjoin(predictions, (predictions.c.face_id == faces.c.id) & (predictions.c.model_id == verdicts.c.model_id))
        .where(faces.c.photo_id == photo_id, faces.c.subject == "face")
        .order_by(faces.c.id)
    )
    return [_face(row) for row in tx.execute(query)]


def _face(row: Any) -> FaceRow:
    score, size, sharpness, gate, landmarks, width, height, probabilities, labels = row[4:]
    front = frontal(json.loads(landmarks), width or 1, height or 1)
    return FaceRow(Box(*row[:4]), score, size, sharpness, gate, front, _probabilities(probabilities, labels))


def files_of(tx: Connection, photo_id: PhotoId) -> list[FileRow]:
    """Return every file of the photo, present ones first."""
    query = select(roots.c.path, files.c.relpath, files.c.missing_since).join_from(files, roots)
    rows = tx.execute(query.where(files.c.photo_id == photo_id).order_by(files.c.id)).all()
    found = [FileRow(f"{root.rstrip('/')}/{relpath}", since) for root, relpath, since in rows]
    return sorted(found, key=lambda file: file.missing_since is not None)


def placements_of(tx: Connection, photo_id: PhotoId) -> list[PlacedRow]:
    """Return where the photo is placed."""
    columns = collections.c.name, collections.c.target, placements.c.mode, placements.c.destination
    query = select(*columns).join_from(placements, collections).where(placements.c.photo_id == photo_id)
    return [PlacedRow(*row) for row in tx.execute(query.order_by(collections.c.name, placements.c.destination))]


def failures_of(tx: Connection, photo_id: PhotoId) -> list[FailureRow]:
    """Return what could not be done with the photo or its files."""
    columns = failures.c.stage, failures.c.kind, failures.c.reason, failures.c.attempts, failures.c.at
    own = select(files.c.id).where(files.c.photo_id == photo_id)
    query = select(*columns).where(or_(failures.c.photo_id == photo_id, failures.c.file_id.in_(own)))
    return [FailureRow(*row) for row in tx.execute(query.order_by(failures.c.at))]


def _probabilities(data: bytes | None, labels: str | None) -> Mapping[Emotion, float] | None:
    if data is None or labels is None:
        return None
    return dict(zip(map(Emotion, json.loads(labels)), np.frombuffer(data, "<f4").tolist(), strict=True))


_FACE = (
    *(faces.c.x, faces.c.y, faces.c.w, faces.c.h),
    *(faces.c.score, faces.c.size, faces.c.sharpness, faces.c.gate, faces.c.landmarks),
)
_PHOTO = (
    select(
        photos.c.digest,
        photos.c.added,
        photos.c.width,
        photos.c.height,
        photos.c.taken,
        photos.c.camera,
        photos.c.taken_from,
        detections.c.outcome,
        detections.c.detector,
        detections.c.at,
        verdicts.c.emotion,
        verdicts.c.confidence,
        verdicts.c.reason,
        verdicts.c.policy,
        verdicts.c.at,
        models.c.name,
        models.c.version,
        models.c.digest,
    )
    .select_from(photos)
    .outerjoin(detections, detections.c.photo_id == photos.c.id)
    .outerjoin(verdicts, verdicts.c.photo_id == photos.c.id)
    .outerjoin(models, models.c.id == verdicts.c.model_id)
)
