"""Outcomes as rows: what the detect and judge steps found. The only writer of detections, faces, crops, predictions, verdicts."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select, update

from organiser.core.emotion import Emotion, Probabilities
from organiser.core.face import WHOLE, Box
from organiser.core.judging.legible import Sight, frontal
from organiser.core.judging.verdict import Verdict
from organiser.core.photo import Detected, FaceId, Failed, PhotoId, SeenFace
from organiser.index.db.schema import crops, detections, faces, models, photos, predictions, verdicts
from organiser.index.work import scan_requests


@dataclass(frozen=True, slots=True)
class KeptFace:
    """A face row: `subject` is "face", or "photo" for the whole picture; `gate` says why it is too poor to judge.

    Attributes:
        sight: what was measured of a face; None for a whole picture.
    """

    id: FaceId
    photo_id: PhotoId
    subject: str
    box: Box
    gate: str | None
    sight: Sight | None = None


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A verdict with how many faces the photo has."""

    photo_id: PhotoId
    verdict: Verdict
    faces: int


def record_detections(
    tx: Connection,
    detector: str,
    outcomes: Mapping[PhotoId, Detected | Failed],
    now: float,
    *,
    keep_crops: bool,
) -> list[KeptFace]:
    """Replace what was seen in these photos; return the new faces in the order of `outcomes`, each photo's picture first."""
    ids = list(outcomes)
    tx.execute(delete(faces).where(faces.c.photo_id.in_(ids)))
    tx.execute(delete(verdicts).where(verdicts.c.photo_id.in_(ids)))
    tx.execute(delete(detections).where(detections.c.photo_id.in_(ids)))
    rows = [{"photo_id": key, "detector": detector, "outcome": _outcome(it), "at": now} for key, it in outcomes.items()]
    if rows:
        tx.execute(insert(detections), rows)
    seen = {photo_id: item for photo_id, item in outcomes.items() if isinstance(item, Detected)}
    for photo_id, detection in seen.items():
        tx.execute(update(photos).where(photos.c.id == photo_id).values(_described(detection)))
    kept = _insert_faces(tx, seen)
    if keep_crops and kept:
        pictures = [
            data
            for detection in seen.values()
            for data in (detection.thumbnail, *(face.crop for face in detection.faces))
        ]
        rows = [{"face_id": face.id, "data": data} for face, data in zip(kept, pictures, strict=True)]
        tx.execute(insert(crops), rows)
    return kept


def _outcome(outcome: Detected | Failed) -> str:
    if isinstance(outcome, Failed):
        return "failed"
    return "ok" if outcome.faces else "no_face"


def _described(detection: Detected) -> dict[str, object]:
    capture = detection.capture
    made = {"taken": capture.taken, "taken_from": capture.taken_from, "camera": capture.camera}
    return {"width": detection.width, "height": detection.height, **made}


def _insert_faces(tx: Connection, seen: Mapping[PhotoId, Detected]) -> list[KeptFace]:
    rows = [row for photo_id, detection in seen.items() for row in _face_rows(photo_id, detection)]
    if not rows:
        return []
    made = tx.execute(insert(faces).returning(*_FACE, sort_by_parameter_order=True), rows)
    return [_kept(row, seen[row[1]].width, seen[row[1]].height) for row in made]


def _face_rows(photo_id: PhotoId, detection: Detected) -> list[dict[str, object]]:
    return [_whole_row(photo_id, detection), *(_face_row(photo_id, face) for face in detection.faces)]


def _whole_row(photo_id: PhotoId, detection: Detected) -> dict[str, object]:
    row: dict[str, object] = {"photo_id": photo_id, "subject": "photo", "landmarks": None, "score": 1.0, "gate": None}
    return row | _sides(WHOLE) | {"size": float(min(detection.width, detection.height)), "sharpness": 0.0}


def _face_row(photo_id: PhotoId, seen: SeenFace) -> dict[str, object]:
    face, quality = seen.face, seen.face.quality
    return _sides(face.box) | {
        "photo_id": photo_id,
        "subject": "face",
        "landmarks": json.dumps([[round(x, 5), round(y, 5)] for x, y in face.landmarks]),
        "score": face.score,
        "size": quality.size if quality else 0.0,
        "sharpness": quality.sharpness if quality else 0.0,
        "gate": quality.reason if quality else None,
    }


def _sides(box: Box) -> dict[str, object]:
    return {"x": box.x, "y": box.y, "w": box.w, "h": box.h}


def faces_of(tx: Connection, photo_ids: Sequence[PhotoId], *, measured: bool = True) -> list[KeptFace]:
    """Return the faces of these photos, whole pictures included, by face id; without their crops.

    Args:
        measured: with what was measured of each; False saves a third of the time.
    """
    query = select(*_FACE, photos.c.width, photos.c.height).join_from(faces, photos)
    rows = tx.execute(query.where(faces.c.photo_id.in_(photo_ids)).order_by(faces.c.id))
    return [_kept(row, row[-2], row[-1]) if measured else _unmeasured(row) for row in rows]


def by_photo(kept: Iterable[KeptFace]) -> dict[PhotoId, list[KeptFace]]:
    """Gather faces by their photo, in the order they come."""
    found: dict[PhotoId, list[KeptFace]] = {}
    for face in kept:
        found.setdefault(face.photo_id, []).append(face)
    return found


def crops_of(tx: Connection, face_ids: Sequence[FaceId]) -> dict[FaceId, bytes]:
    """Return the kept crops (JPEG) of these faces by face id; faces without one are left out."""
    query = select(crops.c.face_id, crops.c.data).where(crops.c.face_id.in_(face_ids)).order_by(crops.c.face_id)
    return {row[0]: row[1] for row in tx.execute(query)}


def thumbnail_of(tx: Connection, photo_id: PhotoId) -> bytes | None:
    """Return the kept thumbnail (JPEG) of a photo, or None."""
    query = select(crops.c.data).join_from(faces, crops, crops.c.face_id == faces.c.id)
    return tx.execute(query.where(faces.c.photo_id == photo_id, faces.c.subject == "photo").limit(1)).scalar()


def with_thumbnail(tx: Connection, photo_ids: Collection[PhotoId]) -> set[PhotoId]:
    """Return those of these photos of which a thumbnail is kept."""
    kept = select(faces.c.photo_id).join_from(faces, crops, crops.c.face_id == faces.c.id)
    rows = tx.execute(kept.where(faces.c.photo_id.in_(list(photo_ids)), faces.c.subject == "photo"))
    return {PhotoId(photo_id) for photo_id in rows.scalars()}


def record_predictions(
    tx: Connection, model_id: int, face_ids: Sequence[FaceId], probabilities: NDArray[np.float32], backend: str
) -> None:
    """Store float32[N, K] probabilities of `face_ids` under a model, replacing those it gave before.

    A face that went in the meantime, with its photo or by a new detection, is passed over.
    """
    rows = select(faces.c.id).where(faces.c.id.in_(face_ids)).order_by(faces.c.id)
    there = set(tx.execute(rows.with_for_update(read=True, key_share=True)).scalars())
    if not there:
        return
    same = predictions.c.face_id.in_(face_ids), predictions.c.model_id == model_id
    tx.execute(delete(predictions).where(*same))
    tx.execute(
        insert(predictions),
        [
            {"face_id": face_id, "model_id": model_id, "probabilities": row.astype("<f4").tobytes(), "backend": backend}
            for face_id, row in zip(face_ids, probabilities, strict=True)
            if face_id in there
        ],
    )


def predictions_of(tx: Connection, model_id: int, photo_ids: Sequence[PhotoId]) -> dict[FaceId, Probabilities]:
    """Return the probabilities that a model gave the faces of these photos."""
    labels = [Emotion(name) for name in json.loads(tx.execute(_LABELS.where(models.c.id == model_id)).scalar_one())]
    query = (
        select(predictions.c.face_id, predictions.c.probabilities)
        .join_from(predictions, faces)
        .where(predictions.c.model_id == model_id, faces.c.photo_id.in_(photo_ids))
    )
    rows = tx.execute(query).all()
    table = np.frombuffer(b"".join(row[1] for row in rows), "<f4").reshape(len(rows), len(labels)).tolist()
    return {row[0]: dict(zip(labels, values, strict=True)) for row, values in zip(rows, table, strict=True)}


def read_faces(tx: Connection, model_id: int, after: FaceId, limit: int) -> tuple[list[KeptFace], NDArray[np.float32]]:
    """Return the next faces that a model read, by face id, and float32[N, K] what it read of each."""
    query = (
        select(*_FACE, photos.c.width, photos.c.height, predictions.c.probabilities)
        .join_from(faces, photos)
        .join(predictions, predictions.c.face_id == faces.c.id)
        .where(predictions.c.model_id == model_id, faces.c.id > after)
    )
    rows = tx.execute(query.order_by(faces.c.id).limit(limit)).all()
    kept = [_kept(row, row[-3], row[-2]) for row in rows]
    return kept, np.frombuffer(b"".join(row[-1] for row in rows), "<f4").reshape(len(rows), -1 if rows else 0)


def record_verdicts(tx: Connection, model_id: int, policy: str, found: Sequence[StoredVerdict], now: float) -> None:
    """Replace the verdicts of these photos; the collections are to follow."""
    ids = [verdict.photo_id for verdict in found]
    tx.execute(delete(verdicts).where(verdicts.c.photo_id.in_(ids)))
    taken = {row[0]: row[1] for row in tx.execute(select(photos.c.id, photos.c.taken).where(photos.c.id.in_(ids)))}
    common = {"model_id": model_id, "policy": policy, "at": now}
    rows = [
        _verdict_row(verdict) | common | {"taken": taken[verdict.photo_id]}
        for verdict in found
        if verdict.photo_id in taken  # a photo forgotten in the meantime has no row to hang a verdict on
    ]
    if rows:
        tx.execute(insert(verdicts), rows)
        scan_requests.request_placing(tx)


def _verdict_row(stored_verdict: StoredVerdict) -> dict[str, object]:
    verdict = stored_verdict.verdict
    row = {"photo_id": stored_verdict.photo_id, "faces": stored_verdict.faces, "reason": verdict.reason}
    return row | {"emotion": verdict.emotion, "confidence": verdict.confidence}


def emotions_of(tx: Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, Emotion | None]:
    """Return the emotion of each verdict there is among these photos, None for a verdict without one."""
    query = select(verdicts.c.photo_id, verdicts.c.emotion).where(verdicts.c.photo_id.in_(photo_ids))
    return {PhotoId(row[0]): None if row[1] is None else Emotion(row[1]) for row in tx.execute(query)}


def drop_detections(tx: Connection, photo_ids: Sequence[PhotoId]) -> None:
    """Make these photos due for detection again; what was found stays readable until a new detection replaces it."""
    tx.execute(delete(detections).where(detections.c.photo_id.in_(photo_ids)))


def _kept(row: Any, width: int | None, height: int | None) -> KeptFace:
    sight = None
    if row[11] is not None:
        sight = Sight(row[8], row[9], row[10], frontal(json.loads(row[11]), width or 1, height or 1))
    return _unmeasured(row, sight)


def _unmeasured(row: Any, sight: Sight | None = None) -> KeptFace:
    return KeptFace(row[0], row[1], row[2], Box(row[3], row[4], row[5], row[6]), row[7], sight)


_FACE = (
    *(faces.c.id, faces.c.photo_id, faces.c.subject, faces.c.x, faces.c.y, faces.c.w, faces.c.h, faces.c.gate),
    *(faces.c.size, faces.c.sharpness, faces.c.score, faces.c.landmarks),
)
_LABELS = select(models.c.labels)
