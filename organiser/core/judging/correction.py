"""What a person said of a photo or of a face in it, and which face that means. Pure.

Two words say it, a verb and an emotion: `is` happy, `is` nothing of the kind, `is_not` happy, and of a detector's face
alone that it is none at all: `is_not` with no emotion. A face that shows nothing of the kind still is one of the photo's
faces and counts as such; what is no face counts for nothing.

A correction outlives the detector that found its face: it keeps the face's box, and a face of any later detection that
lies about there is the one that was meant. Stored rows of the same subject are replaced by their very box, in SQL, see
`organiser.index.tables.corrections.record`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.photo import PhotoId

IS: Final = "is"
IS_NOT: Final = "is_not"
NOTHING: Final = "nothing"
"""How people write that no emotion is shown."""
NO_FACE: Final = "no_face"
"""How people write that a face is none."""
SAME_FACE_OVERLAP: Final = 0.4
"""Least overlap (IoU) at which a box of a new detection is the face a correction meant."""


def is_no_face(verb: str, emotion: Emotion | None) -> bool:
    """Return whether this says that a face is none.

    >>> is_no_face("is_not", None), is_no_face("is", None)
    (True, False)
    """
    return verb == IS_NOT and emotion is None


def says(verb: str, emotion: Emotion | None) -> str:
    """Return a correction as a person reads it.

    >>> says("is", Emotion.SAD), says("is_not", Emotion.SAD), says("is", None), says("is_not", None)
    ('is sad', 'is not sad', 'is nothing', 'is no face')
    """
    if is_no_face(verb, emotion):
        return "is no face"
    return f"{'is' if verb == IS else 'is not'} {emotion or NOTHING}"


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word.

    Attributes:
        box: of the face that is meant; None means the whole photo.
        verb: `IS` or `IS_NOT`.
        emotion: None means nothing of the kind, and with `IS_NOT` that the face is none.
        at: when it was said, in epoch seconds.
    """

    photo_id: PhotoId
    box: Box | None
    verb: str
    emotion: Emotion | None
    who: str
    at: float

    def means(self, face: Box) -> bool:
        """Whether a face at this box is meant; of several that lie so close, each is."""
        return self.box is not None and overlap(self.box, face) >= SAME_FACE_OVERLAP

    @property
    def no_face(self) -> bool:
        """Whether it says that the face is none."""
        return is_no_face(self.verb, self.emotion)


def overlap(subject: Box | None, other: Box | None) -> float:
    """Return how far two subjects are the same, 0–1: faces by their boxes, the whole photo (None) only with itself."""
    if subject is None or other is None:
        return float(subject is other)
    return subject.overlap(other)


def number_of(subject: Box | None, faces: Sequence[Box]) -> int | None:
    """Return the number of the face that is meant, counted from 1; 0 for the whole photo, None when it is not seen.

    >>> seen = [Box(0.0, 0.0, 0.2, 0.2), Box(0.5, 0.5, 0.2, 0.2)]
    >>> number_of(Box(0.51, 0.5, 0.2, 0.2), seen), number_of(None, seen), number_of(Box(0.8, 0.0, 0.2, 0.2), seen)
    (2, 0, None)
    """
    if subject is None:
        return 0
    near = max(enumerate(faces, 1), key=lambda pair: subject.overlap(pair[1]), default=None)
    return near[0] if near is not None and subject.overlap(near[1]) >= SAME_FACE_OVERLAP else None


def of_photo(corrections: Iterable[Correction]) -> Correction | None:
    """Return what was said that the photo as a whole is, or None."""
    return next((correction for correction in corrections if correction.box is None and correction.verb == IS), None)


def of_face(corrections: Iterable[Correction], face: Box) -> Correction | None:
    """Return what was said that a face is, or None."""
    return next((correction for correction in corrections if correction.verb == IS and correction.means(face)), None)


def no_face_at(corrections: Iterable[Correction], face: Box) -> bool:
    """Return whether somebody said that a face is none."""
    return any(correction.no_face and correction.means(face) for correction in corrections)


def refused(corrections: Iterable[Correction], face: Box) -> list[Emotion]:
    """Return what was said that a face is not, or that the photo as a whole is not, which goes for all its faces."""
    return [
        correction.emotion
        for correction in corrections
        if correction.verb == IS_NOT
        and correction.emotion is not None
        and (correction.box is None or correction.means(face))
    ]
