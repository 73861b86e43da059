"""A process's life: its services, opened at its first message and never carried across a fork, and its end.

Networks loaded before a fork hang or crash in the child, and a database connection shared by two processes is ruined,
so the parent of a pool opens nothing.
"""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from organiser.index.db.engine import host_name, writing
from organiser.index.tables import runs
from organiser.index.work import leases
from organiser.jobs.messages import Message
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.follow_ups import placing_at_the_end
from organiser.jobs.steps.handle import handle

log = logging.getLogger(__name__)

_GPU_FACES = 1024
_GPU_PHOTOS = 512
"""Judged in one go where as many are due: what a message of the sweep holds, and enough faces for a batch."""


def owner_of(pid: int) -> str:
    """Name the process of this host that holds leases."""
    return f"{host_name()}:{pid}"


@dataclass
class MessageRunner:
    """Does messages in this process.

    Args:
        open_services: builds the services; called once in each process that does a message.
        separate_judge_workers: the detect step leaves judging to the workers of the judge queue.
        detects: it finds faces too, so that files it identifies are read once; else detect workers read them again.
        gpu: this worker has one, hence bigger batches.
    """

    open_services: Callable[[], Services]
    separate_judge_workers: bool = False
    gpu: bool = False
    detects: bool = True
    _opened: tuple[int, Services] | None = field(default=None, init=False)
    _gave_up: bool = field(default=False, init=False)

    def services(self) -> Services:
        """Return this process's services."""
        if self._opened is None or self._opened[0] != os.getpid():
            opened = self.open_services()
            faces = _GPU_FACES if self.gpu else opened.jobs.faces
            options = replace(
                opened.jobs,
                detect_while_identifying=self.detects,
                judge_while_detecting=not self.separate_judge_workers,
                faces=faces,
                judge_least=_GPU_PHOTOS if self.gpu else opened.jobs.judge_least,
            )
            self._opened = os.getpid(), replace(opened, jobs=options, owner=lambda: owner_of(os.getpid()))
        return self._opened[1]

    def do(self, message: Message, sent: float | None = None) -> Outcome:
        """Do a message; what follows is the caller's to submit.

        Args:
            sent: when the message was put into the queue, in epoch seconds.

        Raises:
            Transient: trying again later can succeed; this process holds nothing of the message any more.
        """
        services = self.services()
        if self._gave_up:
            with writing(services.engine) as tx:
                leases.release_of(tx, services.owner())
            self._gave_up = False
        began = time.time()
        try:
            outcome = handle(services, message)
        except BaseException:
            self._gave_up = True
            raise
        self._tell(message, outcome, began, began - (sent or began))
        return replace(outcome, messages=(*outcome.messages, *placing_at_the_end(services, message, outcome)))

    def _tell(self, message: Message, outcome: Outcome, began: float, waited: float) -> None:
        took = time.time() - began
        kind = type(message).__name__.lower()
        fields = {"job": kind, "run": message.run_id, "seconds": round(took, 3), "waited": round(waited, 3)}
        log.info("done", extra={"fields": fields | outcome.counts | self._judged_by(outcome)})
        for note in outcome.notes:
            log.warning(note, extra={"fields": {"job": kind, "run": message.run_id}})
        if message.run_id is not None:
            services = self.services()
            with writing(services.engine) as tx:
                runs.tally(tx, message.run_id, outcome.counts, working=took, waited=waited)

    def _judged_by(self, outcome: Outcome) -> dict[str, str]:
        """Name the model and what ran it, where photos were judged."""
        if not outcome.counts.get("judged"):
            return {}
        model = self.services().model()
        return {"model": model.bundle.manifest.model, "backend": model.backend}
