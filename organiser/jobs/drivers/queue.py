"""The seam between what should be done and who does it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from organiser.jobs.messages import Message


class Dispatcher(Protocol):
    """Takes messages; somebody handles each at least once, or the next sweep finds their work still due."""

    def submit(self, messages: Iterable[Message]) -> None:
        """Queue messages.

        Raises:
            Transient: the queue cannot be reached; nothing is lost, the index knows what is due.
        """
        ...


class Queue(Dispatcher, Protocol):
    """A dispatcher whose messages lie in a broker until a worker takes them."""

    def lengths(self) -> Mapping[str, int]:
        """Return how many messages wait, by queue, in the order the queues are emptied.

        Raises:
            Transient: the broker cannot be reached.
        """
        ...
