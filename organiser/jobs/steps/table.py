"""The one table of steps: what each kind of message is called, who handles it, where it queues, and how it fails.

A new kind of job is a message type in `organiser.jobs.messages`, a handler beside this file, and a row here. Both
drivers read this table; neither knows a step by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from organiser.jobs.messages import Identify, Judge, Look, Message, Place, ScanRoot, Sweep, reading_time
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.detect import look
from organiser.jobs.steps.identify import identify
from organiser.jobs.steps.judge import judge
from organiser.jobs.steps.place import place
from organiser.jobs.steps.scan import scan_root
from organiser.jobs.steps.sweep import sweep


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of work.

    Attributes:
        handle: does the work of one message of this kind.
        queue: where its messages wait under the service; also the name by which a person pauses it.
        leased: the message's field with the ids that its handler leases, or None. What a dead process held of these is
            found by its leases; any other message is simply tried again.
        reading_time: seconds that reading a message's files may take, where that bounds the work; else None.
        bounded: whether the work is soon done whatever the library; a root may be as large and slow as it likes.
    """

    handle: Callable[[Services, Any], Outcome]
    queue: str
    leased: str | None
    reading_time: Callable[[Any], float] | None = None
    bounded: bool = True

    def weight(self, message: Message) -> int:
        """Return how many photos or files a message is about; 0 where it says no number."""
        return 0 if self.leased is None else len(getattr(message, self.leased))


STEPS: Mapping[type[Message], Step] = {
    ScanRoot: Step(scan_root, "scan", None, bounded=False),
    Identify: Step(identify, "scan", "file_ids", reading_time),
    Look: Step(look, "look", "photo_ids", reading_time),
    Judge: Step(judge, "judge", "photo_ids"),
    Place: Step(place, "place", None),
    Sweep: Step(sweep, "tend", None),
}


def step_of(message: Message) -> Step:
    """Return the row of a message's kind."""
    return STEPS[type(message)]


def handle(services: Services, message: Message) -> Outcome:
    """Do the work of one message and return what follows, to be submitted by the caller.

    Raises:
        OrganiserError: the machine failed; the work stays due.
    """
    return step_of(message).handle(services, message)
