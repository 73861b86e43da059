"""Crops to probabilities to verdicts: what the detect and the judge step do alike.

Owns the order in which a chunk's crops go through the classifier; how readings become a verdict is `core.judging.verdict`'s.
"""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from organiser.core.chunks import chunks
from organiser.core.emotion import Emotion, Probabilities
from organiser.core.judging import verdict
from organiser.core.judging.correction import Correction, no_face_at
from organiser.core.judging.mixture import rebalanced
from organiser.core.judging.verdict import Policy, ReadFace, Verdict
from organiser.core.photo import Detected, FaceId, Failed, PhotoId
from organiser.index.db.engine import Transaction
from organiser.index.tables import corrections, results
from organiser.index.tables.results import KeptFace, StoredVerdict
from organiser.jobs.services import ActiveModel, Services
from organiser.vision.classifiers import decode_kept


@dataclass(frozen=True, slots=True)
class Classified:
    """Probabilities float32[N, K] that a model gave a chunk's judgeable faces, in the order they were found.

    Attributes:
        photo_ids: whose face each row is.
    """

    model: ActiveModel
    probabilities: NDArray[np.float32]
    photo_ids: tuple[PhotoId, ...]

    def of(self, photo_ids: Collection[PhotoId]) -> "Classified":
        """Return what belongs to these photos."""
        mine = [photo_id in photo_ids for photo_id in self.photo_ids]
        kept = tuple(itertools.compress(self.photo_ids, mine))
        return Classified(self.model, self.probabilities[np.array(mine, bool)], kept)


def classify(services: Services, model: ActiveModel, kept: Sequence[bytes]) -> NDArray[np.float32]:
    """Return float32[N, K] probabilities of kept crops (JPEG), decoding at most `jobs.faces` of them at a time."""
    if not kept:
        return np.empty((0, len(model.bundle.manifest.labels)), np.float32)
    classifier = services.classifier(model)
    parts = [classifier.predict(list(map(decode_kept, part))) for part in chunks(kept, services.jobs.faces)]
    return np.concatenate(parts)


def classify_seen(services: Services, found: Mapping[PhotoId, Detected | Failed]) -> Classified:
    """Classify what was just detected, in the order `results.record_detections` will give the faces their ids."""
    model = services.model()
    kept = [
        (photo_id, data)
        for photo_id, outcome in found.items()
        if isinstance(outcome, Detected)
        for data in _judged_pictures(model, outcome)
    ]
    probabilities = classify(services, model, [data for _, data in kept])
    return Classified(model, probabilities, tuple(photo_id for photo_id, _ in kept))


def _judged_pictures(model: ActiveModel, seen: Detected) -> list[bytes]:
    """Return what a model judges of a photo: its thumbnail, or the crops of its faces that the quality gate let through."""
    if model.bundle.manifest.subject == "photo":
        return [seen.thumbnail]
    return [face.crop for face in seen.faces if not (face.face.quality and face.face.quality.reason)]


def judgeable(model: ActiveModel, faces: Iterable[KeptFace]) -> list[KeptFace]:
    """Return the faces a model judges: those of its subject that the quality gate let through."""
    return [face for face in faces if face.subject == model.bundle.manifest.subject and face.gate is None]


def record_classified(
    tx: Transaction, services: Services, faces: Sequence[KeptFace], classified: Classified, now: float
) -> int:
    """Record the predictions of just-found faces and the verdicts of their photos; return how many verdicts."""
    model = classified.model
    judged = judgeable(model, faces)
    ids = [face.id for face in judged]
    results.record_predictions(tx, model.id, ids, classified.probabilities, model.backend)
    labels = [Emotion(label) for label in model.bundle.manifest.labels]
    table = classified.probabilities.tolist()
    predictions = {key: dict(zip(labels, row, strict=True)) for key, row in zip(ids, table, strict=True)}
    return record_folded(tx, services.policy, model, faces, predictions, now)


def record_folded(
    tx: Transaction,
    policy: Policy,
    model: ActiveModel,
    faces: Sequence[KeptFace],
    predictions: Mapping[FaceId, Probabilities],
    now: float,
) -> int:
    """Fold every photo among `faces` (each has at least its whole-picture row) and record the verdicts."""
    by_photo = results.by_photo(faces)
    by_person = corrections.of_photos(tx, list(by_photo))
    found = []
    for photo_id, own in by_photo.items():
        own_corrections = by_person.get(photo_id, ())
        verdict = fold(model, own, predictions, own_corrections, policy)
        found.append(StoredVerdict(photo_id, verdict, count_faces(without_no_faces(own, own_corrections))))
    results.record_verdicts(tx, model.id, policy.fingerprint, found, now)
    return len(found)


def fold(
    model: ActiveModel,
    faces: Sequence[KeptFace],
    predictions: Mapping[FaceId, Probabilities],
    by_person: Sequence[Correction],
    policy: Policy,
) -> Verdict:
    """Fold the rows of one photo's faces, see `organiser.core.judging.verdict.fold`; a face without prediction is not read."""
    faces = without_no_faces(faces, by_person)
    learned = model.bundle.manifest.mixture if policy.mixture else {}
    read = [
        ReadFace(face.box, rebalanced(predictions[face.id], learned, policy.mixture), face.sight)
        for face in judgeable(model, faces)
        if face.id in predictions
    ]
    return verdict.fold(read, by_person, policy, faces=count_faces(faces))


def without_no_faces(faces: Sequence[KeptFace], by_person: Sequence[Correction]) -> list[KeptFace]:
    """Return the faces but those that a person called none, and the row of the whole picture."""
    return [face for face in faces if face.subject != "face" or not no_face_at(by_person, face.box)]


def count_faces(faces: Sequence[KeptFace]) -> int:
    """Count the faces a photo shows, those too poor to judge included."""
    return sum(1 for face in faces if face.subject == "face")
