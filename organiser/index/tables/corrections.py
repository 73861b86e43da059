"""What people said instead, as rows apart from every machine result; no re-run can overwrite them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select

from organiser.core.correction import IS, is_no_face
from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.photo import PhotoId
from organiser.index.db.schema import corrections

SAME_FACE_OVERLAP = 0.4
"""Least overlap (IoU) at which a box of a new detection is the face a correction meant."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word: `box` None means the whole photo; `core.correction` tells the verbs."""

    photo_id: PhotoId
    box: Box | None
    verb: str
    emotion: Emotion | None
    who: str
    at: float

    def means(self, face: Box) -> bool:
        """Return whether it was said of the face in this box, not of the whole photo."""
        return self.box is not None and self.box.overlap(face) >= SAME_FACE_OVERLAP

    @property
    def no_face(self) -> bool:
        """Whether it says that the face is none."""
        return is_no_face(self.verb, self.emotion)


def no_face(face: Box, by_person: Sequence[Correction]) -> bool:
    """Return whether somebody said that the face in this box is none."""
    return any(one.no_face and one.means(face) for one in by_person)


def record(tx: Connection, correction: Correction) -> None:
    """Store a correction; an earlier "is" of the same subject gives way, an "is not" of another emotion stays.

    "No face" and everything else of the same face take each other's place.
    """
    same = [corrections.c.photo_id == correction.photo_id, _subject(correction.box)]
    if correction.verb == IS:
        same.append(or_(corrections.c.verb == IS, corrections.c.emotion == correction.emotion, _NO_FACE))
    elif not correction.no_face:
        same.append(or_(corrections.c.emotion == correction.emotion, _NO_FACE))
    tx.execute(delete(corrections).where(*same))
    box = {side: getattr(correction.box, side) if correction.box else None for side in "xywh"}
    values = {
        "photo_id": correction.photo_id,
        "verb": correction.verb,
        "emotion": correction.emotion,
        "who": correction.who,
        "at": correction.at,
    }
    tx.execute(insert(corrections).values(values | box))


def of_photos(tx: Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, list[Correction]]:
    """Return the corrections of these photos, oldest first."""
    found: dict[PhotoId, list[Correction]] = {}
    for row in tx.execute(_COLUMNS.where(corrections.c.photo_id.in_(photo_ids)).order_by(corrections.c.id)):
        found.setdefault(row[0], []).append(_read(row))
    return found


def every(tx: Connection) -> list[Correction]:
    """Return all corrections, oldest first."""
    return [_read(row) for row in tx.execute(_COLUMNS.order_by(corrections.c.id))]


def remove(tx: Connection, photo_ids: Sequence[PhotoId]) -> int:
    """Take back what people said of these photos; return how many corrections went."""
    return tx.execute(delete(corrections).where(corrections.c.photo_id.in_(photo_ids))).rowcount


def _subject(box: Box | None) -> ColumnElement[bool]:
    if box is None:
        return corrections.c.x.is_(None)
    return (corrections.c.x == box.x) & (corrections.c.y == box.y)


def _read(row: Sequence[object]) -> Correction:
    photo_id, x, y, w, h, verb, emotion, who, at = row
    box = None if x is None else Box(float(str(x)), float(str(y)), float(str(w)), float(str(h)))
    meant = None if emotion is None else Emotion(str(emotion))
    return Correction(PhotoId(int(str(photo_id))), box, str(verb), meant, str(who), float(str(at)))


_NO_FACE = (corrections.c.verb != IS) & corrections.c.emotion.is_(None)
_COLUMNS = select(
    corrections.c.photo_id,
    corrections.c.x,
    corrections.c.y,
    corrections.c.w,
    corrections.c.h,
    corrections.c.verb,
    corrections.c.emotion,
    corrections.c.who,
    corrections.c.at,
)
