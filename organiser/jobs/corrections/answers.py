"""Many answers at once, as a page gives them: photos and faces by their ids, and what they replaced.

They are those of `organiser correct`, folded into the verdicts in the same transactions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from organiser.core.emotion import Emotion
from organiser.core.judging.correction import IS, IS_NOT, Correction
from organiser.core.photo import FaceId, PhotoId
from organiser.errors import Permanent
from organiser.index.db.engine import reading
from organiser.index.search import facts
from organiser.index.tables import results
from organiser.jobs.corrections import correct
from organiser.jobs.corrections.correct import Saying
from organiser.jobs.services import Services


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says of a photo, or of one of its faces: it shows this emotion, or with None nothing of the kind.

    Attributes:
        no_face: the face is none.
    """

    photo_id: PhotoId
    face_id: FaceId | None
    emotion: Emotion | None
    no_face: bool = False


@dataclass(frozen=True, slots=True)
class Replaced:
    """What was said of a photo before some answers, and what was after them."""

    photo_id: PhotoId
    before: tuple[Correction, ...]
    after: tuple[Correction, ...]


def give(services: Services, answers: Sequence[Answer], who: str) -> list[Replaced]:
    """Record answers; collections do not follow yet.

    Raises:
        Permanent: a photo or a face is not there any more; nothing was recorded then.
    """
    groups = _grouped(services, answers)
    photo_ids = list(dict.fromkeys(answer.photo_id for answer in answers))
    before = _said(services, photo_ids)
    for saying, those in groups.items():
        correct.record(services, those, saying, who)
    after = _said(services, photo_ids)
    return [Replaced(key, before.get(key, ()), after.get(key, ())) for key in photo_ids]


def take_back(services: Services, replaced: Sequence[Replaced]) -> tuple[list[PhotoId], list[PhotoId]]:
    """Put back what was said before; return the photos where that was done, and those that somebody answered since."""
    now = _said(services, [answer.photo_id for answer in replaced])
    done, left = [], []
    for answer in replaced:
        if now.get(answer.photo_id, ()) == answer.after:
            correct.restore(services, answer.photo_id, answer.before)
            done.append(answer.photo_id)
        else:
            left.append(answer.photo_id)
    return done, left


def _grouped(services: Services, answers: Sequence[Answer]) -> dict[Saying, list[PhotoId]]:
    """Return the photos of which the same is said of the same face, by its number."""
    numbers = _face_numbers(services, answers)
    groups: dict[Saying, dict[PhotoId, None]] = {}
    for answer in answers:
        number = None if answer.face_id is None else numbers.get((answer.photo_id, answer.face_id))
        if answer.face_id is not None and number is None:
            raise Permanent("a face is not there any more", "load the page again")
        saying = Saying(answer.emotion, IS_NOT if answer.no_face else IS, number)
        groups.setdefault(saying, {})[answer.photo_id] = None
    return {saying: list(photo_ids) for saying, photo_ids in groups.items()}


def _face_numbers(services: Services, answers: Sequence[Answer]) -> dict[tuple[PhotoId, FaceId], int]:
    found: dict[tuple[PhotoId, FaceId], int] = {}
    photo_ids = list(dict.fromkeys(answer.photo_id for answer in answers))
    last: dict[PhotoId, int] = {}
    with reading(services.engine) as tx:
        known = facts.facts_of(tx, photo_ids)
        if any(key not in known for key in photo_ids):
            raise Permanent("a photo is not there any more", "load the page again")
        for face in results.faces_of(tx, photo_ids):
            if face.subject == "face":
                last[face.photo_id] = last.get(face.photo_id, 0) + 1
                found[face.photo_id, face.id] = last[face.photo_id]
    return found


def _said(services: Services, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, tuple[Correction, ...]]:
    found: dict[PhotoId, tuple[Correction, ...]] = {}
    for correction in correct.said_of(services, photo_ids):
        found[correction.photo_id] = (*found.get(correction.photo_id, ()), correction)
    return found
