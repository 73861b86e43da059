"""Celery's tasks: each a few lines around a plain function that also runs without Celery."""

import functools
import logging
from typing import Any

from celery import Celery, Task

from organiser.errors import Transient
from organiser.index.db.engine import reading, writing
from organiser.index.tables import schedules as rows
from organiser.index.views import throughput
from organiser.index.views.throughput import WorkerHeartbeat
from organiser.jobs.actions import schedules
from organiser.jobs.messages import decode
from organiser.jobs.owners import is_alive
from organiser.jobs.steps.recover import recover as recover_from
from organiser.workers.consuming.lifecycle import MessageRunner
from organiser.workers.consuming.requests import HandleRequest, HeartbeatRequest
from organiser.workers.dispatch import HANDLE, HEARTBEAT, MAINTAIN, RECOVER, SCHEDULED, CeleryDispatcher
from organiser.workers.service import maintenance

log = logging.getLogger(__name__)

_AGAIN: dict[str, Any] = {
    "autoretry_for": (Transient, OSError, MemoryError),
    "retry_backoff": 2,
    "retry_backoff_max": 300,
    "retry_jitter": True,
    "max_retries": 12,  # about half an hour; afterwards the sweep asks the index
}


def register(app: Celery, runner: MessageRunner, own_heartbeat: WorkerHeartbeat) -> None:
    """Define the tasks on an application; `runner` do the work, `own_heartbeat` says who this worker is."""
    dispatcher = CeleryDispatcher(app)

    def do(self: Task, message: dict[str, Any]) -> None:
        outcome = runner.do(decode(message), (self.request.headers or {}).get("sent"))
        maintenance.submit_some(runner.services(), dispatcher, outcome.messages)

    def recover(owner: str, why: str) -> None:
        if is_alive(owner):  # somebody else's word against the system's; or the end has not been seen yet
            log.warning("said to have ended, but lives", extra={"fields": {"owner": owner}})
            raise Transient(f"{owner} is said to have ended, but lives")
        dispatcher.submit(maintenance.first(recover_from(runner.services(), owner, why)))

    def maintain() -> None:
        maintenance.maintain(runner.services(), dispatcher)

    def start(entry: int) -> None:
        services = runner.services()
        with reading(services.engine) as tx:
            known = rows.by_id(tx, entry)
        if known is not None:  # else it was removed meanwhile
            submit = functools.partial(maintenance.submit_some, services, dispatcher)
            schedules.begin(services, known.action, known.arguments, schedules.origin_of(known.name), submit)

    def beat() -> None:
        services = runner.services()
        with writing(services.engine) as tx:
            throughput.record_heartbeat(tx, own_heartbeat.now(services.clock()))

    app.task(do, name=HANDLE, bind=True, Request=HandleRequest, **_AGAIN)
    app.task(recover, name=RECOVER, **_AGAIN)
    app.task(maintain, name=MAINTAIN)
    app.task(start, name=SCHEDULED, **_AGAIN)
    app.task(beat, name=HEARTBEAT, Request=HeartbeatRequest)
