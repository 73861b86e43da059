"""A person's word: recorded, folded into the verdict in the same transaction, and followed by the collections.

Owns what can be said of a photo or one of its faces. Corrections belong to the photo, not the file, so every copy shows
them; nothing a machine finds later overwrites them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from organiser.core.chunks import chunks
from organiser.core.emotion import Emotion
from organiser.core.judging.correction import IS, Correction, is_no_face, of_photo
from organiser.core.judging.verdict import correct_photo
from organiser.core.photo import PhotoId
from organiser.errors import Permanent
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.tables import corrections, erase, results
from organiser.index.tables.results import KeptFace, StoredVerdict
from organiser.jobs.messages import Judge, Place
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import ActiveModel, Services
from organiser.jobs.steps import classify
from organiser.jobs.steps.judge import judge
from organiser.jobs.steps.place import place

_CHUNK = 500
"""So many photos are corrected in one commit."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What a person says: it `is` this emotion (None: nothing of the kind), or with verb "is_not" that it is not.

    Attributes:
        face: which face is meant, counted from 1 as `organiser show` does; None means the whole photo.

    Raises:
        ValueError: it calls a whole photo no face.
    """

    emotion: Emotion | None
    verb: str = IS
    face: int | None = None

    def __post_init__(self) -> None:
        if self.face is None and is_no_face(self.verb, self.emotion):
            raise ValueError("a photo is no face; one of its faces may be none")


def correct(services: Services, photo_ids: Sequence[PhotoId], saying: Saying, who: str) -> Outcome:
    """Record what `who` said of these photos, fold it into their verdicts and let the collections follow.

    Raises:
        Permanent: a photo has no such face; nothing of its chunk was recorded then.
    """
    record(services, photo_ids, saying, who)
    return place(services, Place(tuple(photo_ids)))


def record(services: Services, photo_ids: Sequence[PhotoId], saying: Saying, who: str) -> None:
    """Record what `who` said of these photos and fold it into their verdicts; collections do not follow yet.

    Raises:
        Permanent: a photo has no such face; nothing of its chunk was recorded then.
    """
    model, now = services.model(), services.clock()
    for part in chunks(photo_ids, _CHUNK):
        with writing(services.engine) as tx:
            faces = results.faces_of(tx, part)
            for photo_id in part:
                box = None if saying.face is None else _face(faces, photo_id, saying.face).box
                by_person = Correction(photo_id, box, saying.verb, saying.emotion, who, now)
                corrections.record(tx, by_person)
            due = _refold(tx, services, model, part)
        _judge(services, due)


def record_corrections(services: Services, every: Sequence[Correction]) -> None:
    """Record corrections as they were said elsewhere and fold them into the verdicts; collections do not follow yet."""
    model = services.model()
    of_photos: dict[PhotoId, list[Correction]] = {}
    for correction in every:
        of_photos.setdefault(correction.photo_id, []).append(correction)
    for part in chunks(list(of_photos), _CHUNK):
        with writing(services.engine) as tx:
            for photo_id in part:
                for correction in of_photos[photo_id]:
                    corrections.record(tx, correction)
            due = _refold(tx, services, model, part)
        _judge(services, due)


def take_back(services: Services, photo_ids: Sequence[PhotoId]) -> Outcome:
    """Forget what people said of these photos, counted under "corrections"; the machine's verdict holds again."""
    model, gone = services.model(), 0
    for part in chunks(photo_ids, _CHUNK):
        with writing(services.engine) as tx:
            gone += corrections.remove(tx, part)
            due = _refold(tx, services, model, part)
        _judge(services, due)
    followed = place(services, Place(tuple(photo_ids)))
    return replace(followed, counts=followed.counts + Counter(corrections=gone))


def said_of(services: Services, photo_ids: Sequence[PhotoId]) -> list[Correction]:
    """Return what people said of these photos, oldest first."""
    with reading(services.engine) as tx:
        return [correction for of_photo in corrections.of_photos(tx, photo_ids).values() for correction in of_photo]


def restore(services: Services, photo_id: PhotoId, before: Sequence[Correction]) -> None:
    """Put a photo's corrections back as they were."""
    model = services.model()
    with writing(services.engine) as tx:
        corrections.remove(tx, [photo_id])
        for correction in before:
            corrections.record(tx, correction)
        due = _refold(tx, services, model, [photo_id])
    _judge(services, due)


def _refold(
    tx: Transaction, services: Services, model: ActiveModel, photo_ids: Sequence[PhotoId]
) -> tuple[PhotoId, ...]:
    """Fold what the active model knows of these photos; return those it has yet to judge."""
    faces = results.faces_of(tx, photo_ids)
    predictions = results.predictions_of(tx, model.id, photo_ids)
    due = {face.photo_id for face in classify.judgeable(model, faces) if face.id not in predictions}
    ready = [face for face in faces if face.photo_id not in due]
    now = services.clock()
    classify.record_folded(tx, services.policy, model, ready, predictions, now)
    seen = {face.photo_id for face in faces}
    _record_unseen(tx, services, model, [key for key in photo_ids if key not in seen])
    return tuple(sorted(due))


def _judge(services: Services, photo_ids: tuple[PhotoId, ...]) -> None:
    if photo_ids:
        judge(services, Judge(photo_ids))


def _record_unseen(tx: Transaction, services: Services, model: ActiveModel, photo_ids: Sequence[PhotoId]) -> None:
    """Give photos that could not be read, or were not yet, the verdict of a word on the whole photo, or none."""
    by_person = corrections.of_photos(tx, photo_ids)
    found = [
        StoredVerdict(photo_id, correct_photo(of_whole.emotion), 0)
        for photo_id, corrections in by_person.items()
        if (of_whole := of_photo(corrections)) is not None
    ]
    erase.drop_verdicts(tx, photo_ids)
    results.record_verdicts(tx, model.id, services.policy.fingerprint, found, services.clock())


def _face(faces: Sequence[KeptFace], photo_id: PhotoId, number: int) -> KeptFace:
    shown = [face for face in faces if face.photo_id == photo_id and face.subject == "face"]
    if not 1 <= number <= len(shown):
        raise Permanent(
            f"the photo has {len(shown)} faces, not {number}", "organiser show lists them with their numbers"
        )
    return shown[number - 1]
