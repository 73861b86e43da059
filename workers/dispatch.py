"""The Celery dispatcher: messages into queues, and how many wait there.

Owns how a message becomes a task message; refuses to know what it means.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from organiser.errors import Transient
from organiser.jobs.messages import Message, encode
from organiser.jobs.steps.table import step_of
from organiser.settings.values import Settings
from organiser.workers.app import FRESH, RETIRED_QUEUES, make_app, queue_names, queue_of
from organiser.workers.service.broker import broker_url
from organiser.workers.shapes import FILLED, set_aside_misshapen

HANDLE = "organiser.handle"
RECOVER = "organiser.recover"
MAINTAIN = "organiser.maintain"
SCHEDULED = "organiser.scheduled"
HEARTBEAT = "organiser.heartbeat"

_MISSHAPEN = "WRONGTYPE"
LONGEST_S = 6 * 3600.0


class Filled(StrEnum):
    """How much of what is due was queued when it was asked for last."""

    NOT = "not"
    PART = "part"
    WHOLE = "whole"


class CeleryDispatcher:
    """Puts messages into the broker's queues; one object a process, safe after a fork."""

    def __init__(self, app: Celery) -> None:
        self.app = app

    def submit(self, messages: Iterable[Message], crashes: int = 0) -> None:
        """Queue messages.

        Args:
            crashes: how many workers these messages ended already.

        Raises:
            Transient: the broker cannot be reached; what was not queued is still due.
        """
        with self._talking(), self.app.producer_or_acquire() as producer:
            for message in messages:
                self.app.send_task(
                    HANDLE,
                    kwargs={"message": encode(message)},
                    argsrepr="",  # Celery would write the arguments out once more
                    kwargsrepr="",
                    queue=queue_of(message),
                    time_limit=_limit(message),
                    producer=producer,
                    headers={"sent": time.time(), "crashes": crashes},
                )

    def ask(self, task: str, queue: str, expires: float | None = None, **arguments: object) -> None:
        """Queue one of the service's own tasks; after `expires` seconds it is not worth doing any more.

        Raises:
            Transient: the broker cannot be reached.
        """
        with self._talking():
            self.app.send_task(task, kwargs=arguments, queue=queue, expires=expires, argsrepr="", kwargsrepr="")

    def lengths(self) -> dict[str, int]:
        """Return how many messages wait in each queue, in the order the queues are emptied.

        Raises:
            Transient: the broker cannot be reached.
        """
        with self._talking(), self.client() as client:
            return {name: client.llen(name) for name in queue_names()}

    def waiting(self) -> int:
        """Return how many messages wait, the fresh ones and the service's own left out.

        Raises:
            Transient: the broker cannot be reached.
        """
        return sum(count for name, count in self.lengths().items() if name != "maintain" and not name.endswith(FRESH))

    def idle(self) -> bool:
        """Whether no message waits and no worker has one in its hands.

        Raises:
            Transient: the broker cannot be reached.
        """
        if any(count for name, count in self.lengths().items() if name != "maintain"):
            return False
        with self._talking(), self.client() as client:
            return not any(HANDLE.encode() in hval for hval in client.hvals("unacked"))

    def drop_retired(self) -> None:
        """Remove the queues of the version before; what they held is due, and asked for again.

        Raises:
            Transient: the broker cannot be reached.
        """
        with self._talking(), self.client() as client:
            if client.delete(*RETIRED_QUEUES):
                client.set(FILLED, Filled.PART)

    def mark(self, filled: Filled) -> None:
        """Leave a mark in the broker that says how much of what is due was queued here.

        Raises:
            Transient: the broker cannot be reached.
        """
        with self._talking(), self.client() as client:
            client.set(FILLED, filled)

    def filled(self) -> Filled:
        """Return the mark; a broker that was wiped has lost it.

        Raises:
            Transient: the broker cannot be reached.
        """
        with self._talking(), self.client() as client:
            mark = client.get(FILLED)
        return next((state for state in Filled if mark in {state, state.encode()}), Filled.NOT)

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """Translate the broker's errors; where one of its keys has a wrong shape, that is set aside first."""
        try:
            yield
        except (OperationalError, RedisError, ConnectionError, TimeoutError) as error:
            if _MISSHAPEN in str(error):
                with suppress(OperationalError, RedisError, OSError), self.client() as client:
                    set_aside_misshapen(client)
            raise Transient(
                f"the broker cannot be reached: {error}", "is it running? see `organiser status`"
            ) from error

    @contextmanager
    def client(self) -> Iterator[Redis]:
        """Lend a client of the broker; its errors are redis's own."""
        with self.app.connection_for_read() as connection:
            yield connection.default_channel.client


def open_queue(settings: Settings) -> CeleryDispatcher | None:
    """Return the dispatcher of the broker that the settings name or that `organiser up` runs here, or None.

    The entry point `organiser.queues`.
    """
    url = broker_url(settings)
    return CeleryDispatcher(make_app(url)) if url else None


def _limit(message: Message) -> float:
    """Return the seconds after which the child that handles a message is taken for stuck and killed."""
    return min(step_of(message).limit(message) or LONGEST_S, LONGEST_S)
