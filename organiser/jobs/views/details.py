"""One photo and everything known of it, put together for a person: what is held of it, why, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from organiser.core.judging.correction import NO_FACE, Correction, no_face_at, number_of
from organiser.core.judging.legible import illegible
from organiser.core.judging.verdict import Policy, Reason
from organiser.core.photo import PhotoId
from organiser.index.db.engine import Transaction
from organiser.index.tables import corrections
from organiser.index.views import photo_details
from organiser.index.views.photo_details import FaceRow, FailureRow, FileRow, PhotoRow, PlacedRow


@dataclass(frozen=True, slots=True)
class PhotoReport:
    """Everything known of a photo; corrections stand at the number of the face they mean now, see `number_of`."""

    photo: PhotoRow
    files: tuple[FileRow, ...]
    faces: tuple[FaceRow, ...]
    corrections: tuple[tuple[int | None, Correction], ...]
    placements: tuple[PlacedRow, ...]
    failures: tuple[FailureRow, ...]
    why: str


def show(tx: Transaction, photo_id: PhotoId, policy: Policy) -> PhotoReport | None:
    """Return everything known of a photo, or None when it is gone; `policy` is the one in force."""
    found = photo_details.photo(tx, photo_id)
    if found is None:
        return None
    faces = tuple(photo_details.faces_of(tx, photo_id))
    boxes = [face.box for face in faces]
    by_person = corrections.of_photos(tx, [photo_id]).get(photo_id, [])
    return PhotoReport(
        found,
        tuple(photo_details.files_of(tx, photo_id)),
        faces,
        tuple((number_of(correction.box, boxes), correction) for correction in by_person),
        tuple(photo_details.placements_of(tx, photo_id)),
        tuple(photo_details.failures_of(tx, photo_id)),
        _why(found, faces, by_person, policy),
    )


def ignored(report: PhotoReport, number: int, policy: Policy) -> str | None:
    """Return why what is seen in a face, counted from 1, does not count, or None when it does."""
    if any(at == number and correction.no_face for at, correction in report.corrections):
        return NO_FACE
    return too_poor(report.faces[number - 1], policy)


def verdict_of(report: PhotoReport, policy: Policy) -> dict[str, Any] | None:
    """Return a photo's verdict as JSON tells it, or None while it has none; `at` in epoch seconds."""
    photo = report.photo
    if photo.reason is None:
        return None
    return {
        "emotion": photo.emotion,
        "confidence": None if photo.confidence is None else round(photo.confidence, 4),
        "reason": photo.reason,
        "why": report.why,
        "model": f"{photo.model}@{photo.model_version}",
        "model_digest": photo.model_digest,
        "policy": photo.policy,
        "policy_in_force": photo.policy == policy.fingerprint,
        "at": photo.judged,
    }


def too_poor(face: FaceRow, policy: Policy) -> str | None:
    """Return why what is seen in a face does not count, or None when it does."""
    return face.gate or illegible(face.sight, policy.legible)


def _why(photo: PhotoRow, every: tuple[FaceRow, ...], by_person: Sequence[Correction], policy: Policy) -> str:
    """Say in a sentence how the verdict came about."""
    faces = [face for face in every if not no_face_at(by_person, face.box)]
    if photo.reason is None:
        reasons = {"failed": "it could not be read", None: "it was not looked at yet"}
        return reasons.get(photo.outcome, "it waits to be judged")
    poor = sum(1 for face in faces if too_poor(face, policy) is not None)
    besides = f"; {poor} of {len(faces)} faces do not count" if poor else ""
    besides += "; probabilities corrected for how common each emotion is in the library" if policy.mixture else ""
    if faces and poor == len(faces) and photo.reason == Reason.UNSURE:
        return "its face is too poor to judge" if poor == 1 else f"none of its {poor} faces is good enough to judge"
    match Reason(photo.reason):
        case Reason.CORRECTED:
            return "somebody said so"
        case Reason.NO_FACE:
            return "somebody said that what was found is no face" if every else "no face was found"
        case Reason.MIXED:
            return f"the faces disagree under the rule {policy.rule}{besides}"
        case Reason.UNSURE:
            own = "".join(f", {emotion} {least:g}" for emotion, least in sorted(policy.thresholds.items()))
            return f"nothing reaches {policy.threshold:g}{own}, the least that counts as sure{besides}"
        case Reason.CLEAR:
            return f"{photo.confidence or 0:.2f} under the rule {policy.rule}{besides}"
