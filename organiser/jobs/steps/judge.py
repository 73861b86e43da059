"""The judge step: stored crops to probabilities, stored probabilities to verdicts. Opens no photo.

A new model classifies the crops again; a new policy only folds. Photos whose crops were not kept are sent back to detect.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from organiser.core.photo import FaceId, PhotoId
from organiser.index.db.engine import Transaction, writing
from organiser.index.tables import failures, library, results
from organiser.index.work import due, leases, pauses
from organiser.jobs.messages import Detect, Judge
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import ActiveModel, Services
from organiser.jobs.steps import classify

STAGE = "judge"


@dataclass(frozen=True, slots=True)
class _Claim:
    """Photos claimed for judging: `crops` are those of the faces without prediction, `cropless` photos have lost theirs."""

    photo_ids: tuple[PhotoId, ...]
    crops: dict[FaceId, bytes]
    cropless: tuple[PhotoId, ...]


def judge(services: Services, message: Judge) -> Outcome:
    """Judge those of the message's photos that are due and in nobody else's hands, and others where these are too few."""
    model = services.model()
    claim = _claim(services, model, message)
    probabilities = classify.classify(services, model, list(claim.crops.values()))
    judged = _record(services, claim, model, probabilities)
    again = Detect(claim.cropless, message.run_id, message.fresh)
    return outcome([again] if claim.cropless else [], classified=len(claim.crops), judged=judged)


def _claim(services: Services, model: ActiveModel, message: Judge) -> _Claim:
    now, photo_ids = services.clock(), message.photo_ids
    fingerprints = services.detector_fingerprint, model.id, services.policy.fingerprint
    with writing(services.engine) as tx:
        if pauses.stopped(tx, STAGE, message.run_id):
            return _Claim((), {}, ())
        wanted = due.to_judge(tx, *fingerprints, now, among=photo_ids, limit=len(photo_ids))
        wanted += _filling(tx, services, message, len(wanted))
        mine = leases.claim(tx, STAGE, wanted, services.owner(), now, services.jobs.lease)
        known = results.predictions_of(tx, model.id, mine)
        faces = classify.judgeable(model, results.faces_of(tx, mine, measured=False))
        lacking = {face.id: face.photo_id for face in faces if face.id not in known}
        crops = results.crops_of(tx, list(lacking))
    cropless = {photo_id for face_id, photo_id in lacking.items() if face_id not in crops}
    ready = tuple(photo_id for photo_id in mine if photo_id not in cropless)
    usable = {face_id: data for face_id, data in crops.items() if lacking[face_id] not in cropless}
    return _Claim(ready, usable, tuple(sorted(cropless)))


def _filling(tx: Transaction, services: Services, message: Judge, found: int) -> list[PhotoId]:
    """Return photos that are due beside the `found` ones of a message, where it is too small to feed this process.

    Only later ones, which are quickly found: a chunk that was just looked at is followed by the next ones. Their own
    messages will find nothing to do.
    """
    lacking = services.jobs.judge_least - found
    if not found or lacking <= 0 or message.fresh or pauses.halted(tx):
        return []
    fingerprints = services.detector_fingerprint, services.model().id, services.policy.fingerprint
    return due.to_judge(tx, *fingerprints, services.clock(), after=max(message.photo_ids), limit=lacking)


def _record(services: Services, claim: _Claim, model: ActiveModel, probabilities: NDArray[np.float32]) -> int:
    """Record everything of a chunk in one commit; a photo that was forgotten or looked at anew meanwhile is left alone."""
    now = services.clock()
    with writing(services.engine) as tx:
        there = library.still_there(tx, claim.photo_ids)
        results.record_predictions(tx, model.id, list(claim.crops), probabilities, model.backend)
        predictions = results.predictions_of(tx, model.id, claim.photo_ids)
        faces = [face for face in results.faces_of(tx, claim.photo_ids) if face.photo_id in there]
        renewed = {face.photo_id for face in classify.judgeable(model, faces) if face.id not in predictions}
        faces = [face for face in faces if face.photo_id not in renewed]
        judged = classify.record_folded(tx, services.policy, model, faces, predictions, now)
        failures.clear(tx, STAGE, photo_ids=claim.photo_ids)
        results.drop_detections(tx, claim.cropless)
        leases.release(tx, STAGE, [*claim.photo_ids, *claim.cropless])
    return judged
