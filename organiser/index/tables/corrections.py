"""What people said instead, as rows apart from every machine result; no re-run can overwrite them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.correction import IS, Correction
from organiser.core.photo import PhotoId
from organiser.index.db.schema import corrections


def record(tx: Connection, correction: Correction) -> None:
    """Store a correction; an earlier "is" of the same subject gives way, an "is not" of another emotion stays.

    "No face" and everything else of the same face take each other's place.
    The same subject is the very same box here; which face a box means is `organiser.core.judging.correction`'s to say.
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
