"""What a handler gives back: the messages that follow and what was done. Handlers return, they never send."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from organiser.core.photo import PhotoId
from organiser.jobs.messages import Message


@dataclass(frozen=True, slots=True)
class Outcome:
    """Follow-up messages, to be submitted after the handler's commit, and counts by word ("detected", "faces" …).

    Attributes:
        photo_ids: photos that were worked on and that the message could not name.
    """

    messages: tuple[Message, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    notes: tuple[str, ...] = ()
    photo_ids: tuple[PhotoId, ...] = ()


def outcome(messages: Iterable[Message] = (), notes: Iterable[str] = (), **counts: int) -> Outcome:
    """Build an outcome; counts of zero are left out.

    >>> outcome(detected=3, failed=0).counts
    Counter({'detected': 3})
    """
    return Outcome(tuple(messages), Counter({word: count for word, count in counts.items() if count}), tuple(notes))
