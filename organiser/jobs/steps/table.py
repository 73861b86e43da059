"""The one table of steps: where each kind of message queues, what it leases, and how long it may take.

Both drivers read it; neither knows a step by name. Facts only: who queues a message loads no handler, no decoder and no
network. A new kind of job is a message type in `organiser.jobs.messages`, a row here, and a handler in
`organiser.jobs.steps.handle`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from organiser.jobs.messages import Detect, Identify, Judge, Message, Place, ScanRoot, Sweep, reading_time

_START_S = 60.0
"""A process may need as long to begin with its first message."""

_BOUNDED_S = 600.0


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of work.

    Attributes:
        queue: where its messages wait under the service; also the name by which a person pauses it.
        leased: the message's field with the ids that its handler leases, or None. What a dead process held of these is
            found by its leases; any other message is simply tried again.
        reading_time: seconds that reading a message's files may take, where that bounds the work; else None.
        bounded: whether the work is soon done whatever the library; a root, or a collection, may be as large and slow as
            it likes.
        isolated: whether its handler reads files of others, which may end or stop its process.
    """

    queue: str
    leased: str | None
    reading_time: Callable[[Any], float] | None = None
    bounded: bool = True
    isolated: bool = True

    def limit(self, message: Message) -> float | None:
        """Return the seconds after which a process that does a message is taken for stuck, or None."""
        if self.reading_time is not None:
            return _START_S + self.reading_time(message)
        return _BOUNDED_S if self.bounded else None

    def weight(self, message: Message) -> int:
        """Return how many photos or files a message is about; 0 where it says no number."""
        return 0 if self.leased is None else len(getattr(message, self.leased))


STEPS: Mapping[type[Message], Step] = {
    ScanRoot: Step("scan", None, bounded=False),
    Identify: Step("scan", "file_ids", reading_time),
    Detect: Step("detect", "photo_ids", reading_time),
    Judge: Step("judge", "photo_ids"),
    Place: Step("place", None, bounded=False, isolated=False),
    Sweep: Step("maintain", None, bounded=False, isolated=False),
}


def step_of(message: Message) -> Step:
    """Return the row of a message's kind."""
    return STEPS[type(message)]
