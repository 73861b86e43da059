"""What is done when a process died or was stuck over a message: one rule for all drivers. Loads no handler."""

from enum import Enum, auto

from organiser.jobs.messages import Message
from organiser.jobs.steps.table import step_of

MAX_CRASHES = 3
"""So often may a message, or a photo or file that is alone in its chunk, end its process; then it is given up."""


class AfterCrash(Enum):
    """What is done with the message."""

    RECOVER = auto()
    """Nothing: what its process held is found by its leases and done again, in smaller chunks."""
    TRY_AGAIN = auto()
    GIVE_UP = auto()


def after_crash(message: Message, crashes: int) -> AfterCrash:
    """Return what is done with a message that ended its process `crashes` times, this one counted.

    >>> from organiser.jobs.messages import Detect, Place
    >>> after_crash(Detect(()), 1).name, after_crash(Place(), 1).name, after_crash(Place(), 3).name
    ('RECOVER', 'TRY_AGAIN', 'GIVE_UP')
    """
    if step_of(message).leased is not None:
        return AfterCrash.RECOVER
    return AfterCrash.TRY_AGAIN if crashes < MAX_CRASHES else AfterCrash.GIVE_UP
