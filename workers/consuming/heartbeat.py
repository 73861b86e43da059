"""A worker's heartbeat: a message to itself every so often; when none comes back for long, the worker cannot be reached and ends.

A consumer can be connected and yet get nothing after the broker restarted. Whoever started the worker (the supervisor,
a container's restart policy) starts it anew. A worker whose hands are all full answers nobody and is not unreachable: what it
does has a time limit of its own.
"""

import logging
import os
from typing import Any

from celery import Celery, bootsteps
from celery.worker import state
from kombu.entity import Queue

from organiser.errors import Transient
from organiser.workers.app import named_queue
from organiser.workers.consuming.requests import HeartbeatRequest
from organiser.workers.dispatch import HEARTBEAT, CeleryDispatcher

log = logging.getLogger(__name__)

BEAT_S = 20.0
_UNREACHABLE = 75  # EX_TEMPFAIL


def own_queue(name: str) -> Queue:
    """Return the queue that only the worker called `name` listens to; it goes with the worker."""
    return named_queue(f"heartbeat.{name}", passing=True)


def install(app: Celery, name: str, timeout: float) -> None:
    """Give the worker called `name` a heartbeat, which beats often enough to be heard within `timeout` seconds."""
    interval = min(BEAT_S, timeout / 4)

    class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]
        requires = {"celery.worker.components:Timer"}  # noqa: RUF012 Celery reads the class

        def start(self, worker: Any) -> None:
            self.hands = worker.concurrency
            self.unheard = 0
            HeartbeatRequest.heard = staticmethod(self.hear)
            worker.timer.call_repeatedly(interval, self.beat)
            self.beat()

        def hear(self) -> None:
            self.unheard = 0

        def beat(self) -> None:
            silence = self.unheard * interval
            if silence > timeout:
                log.error("deaf", extra={"fields": {"worker": name, "seconds": round(silence)}})
                os._exit(_UNREACHABLE)  # a consumer that hears nothing does not hear a polite shutdown either
            if len(state.active_requests) < self.hands:
                self.unheard += 1
            try:
                CeleryDispatcher(app).ask(HEARTBEAT, own_queue(name).name, expires=interval)
            except Transient as error:
                log.warning(str(error))

    app.steps["worker"].add(Heartbeat)
