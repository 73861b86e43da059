"""Faces of one answer, many at a time: those that the model read as an emotion, or a person called so. Reads only.

A page reads so many faces and gives those that answer; it says where the next one begins. What the faces show is not
kept in an index: a bounded reading keeps every page quick, however rare the emotion.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, exists, select

from organiser.core.chunks import chunks
from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.correction import Correction, no_face_at, of_face
from organiser.core.judging.legible import Legibility, Sight, frontal, illegible
from organiser.core.photo import FaceId, PhotoId
from organiser.index.db.schema import faces, files, models, photos, predictions
from organiser.index.tables import corrections

_MOST_READ = 4000


@dataclass(frozen=True, slots=True)
class WallFace:
    """A face and what it is held to show; `corrected`: a person said so."""

    face_id: FaceId
    photo_id: PhotoId
    emotion: Emotion
    probability: float
    corrected: bool


@dataclass(frozen=True, slots=True)
class FacePage:
    """Faces by falling id, and the face behind which the next page begins; None at the end."""

    faces: Sequence[WallFace]
    after: FaceId | None


def page(
    tx: Connection, model_id: int, emotion: Emotion, legible: Legibility, after: FaceId | None, limit: int
) -> FacePage:
    """Return at most `limit` faces that show an emotion and count, the newest first, behind `after`."""
    query = _FACES.where(predictions.c.model_id == model_id).order_by(faces.c.id.desc()).limit(_MOST_READ)
    rows = tx.execute(query if after is None else query.where(faces.c.id < after)).all()
    labels = [Emotion(name) for name in json.loads(tx.execute(_LABELS.where(models.c.id == model_id)).scalar_one())]
    table = np.frombuffer(b"".join(row.probabilities for row in rows), "<f4").reshape(len(rows), len(labels))
    by_photo = _said(tx, rows)
    found: list[WallFace] = []
    for row, shares in zip(rows, table, strict=True):
        face = _held(row, by_photo.get(row.photo_id, ()), labels, shares)
        if face is not None and face.emotion is emotion and (face.corrected or _counts(row, legible)):
            found.append(face)
            if len(found) == limit:
                return FacePage(found, face.face_id)
    return FacePage(found, FaceId(rows[-1].id) if len(rows) == _MOST_READ else None)


def _said(tx: Connection, rows: Sequence[Any]) -> dict[PhotoId, list[Correction]]:
    photo_ids = list({row.photo_id for row in rows})
    found: dict[PhotoId, list[Correction]] = {}
    for part in chunks(photo_ids):
        found |= corrections.of_photos(tx, part)
    return found


def _held(row: Any, by_person: Sequence[Correction], labels: Sequence[Emotion], shares: Any) -> WallFace | None:
    """What a face is held to show, or None when a person said that it is nothing of the kind, or no face."""
    box = Box(row.x, row.y, row.w, row.h)
    if no_face_at(by_person, box):
        return None
    word = of_face(by_person, box)
    if word is not None:
        return None if word.emotion is None else WallFace(row.id, row.photo_id, word.emotion, 1.0, corrected=True)
    best = int(shares.argmax())
    return WallFace(row.id, row.photo_id, labels[best], float(shares[best]), corrected=False)


def _counts(row: Any, legible: Legibility) -> bool:
    front = frontal(json.loads(row.landmarks), row.width or 1, row.height or 1)
    return illegible(Sight(row.size, row.sharpness, row.score, front), legible) is None


_PRESENT = exists().where(files.c.photo_id == faces.c.photo_id, files.c.missing_since.is_(None))
_FACES = (
    select(
        *(faces.c.id, faces.c.photo_id, faces.c.x, faces.c.y, faces.c.w, faces.c.h, faces.c.landmarks),
        *(faces.c.size, faces.c.sharpness, faces.c.score, photos.c.width, photos.c.height),
        predictions.c.probabilities,
    )
    .join_from(faces, photos)
    .join(predictions, predictions.c.face_id == faces.c.id)
    .where(faces.c.subject == "face", faces.c.gate.is_(None), _PRESENT)
)
_LABELS = select(models.c.labels)
