"""What a person can say of a photo or a face, in two words that the index keeps: a verb and an emotion. Pure.

`is` happy, `is` nothing of the kind, `is_not` happy, and of a detector's face alone that it is none at all: `is_not` with
no emotion. A face that shows nothing of the kind still is one of the photo's faces and counts as such; what is no face
counts for nothing.
"""

from typing import Final

from organiser.core.emotion import Emotion

IS: Final = "is"
IS_NOT: Final = "is_not"
NOTHING: Final = "nothing"
"""How people write that no emotion is shown."""
NO_FACE: Final = "no_face"
"""How people write that a face is none."""


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
