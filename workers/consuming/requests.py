"""What the main process of a worker does when a child died over a message, or when its own message came back.

Celery calls these methods in the main process; the message is acknowledged whatever happens here, so that no broker
brings it again and again: the index knows what is due.
"""

import logging
from collections.abc import Callable
from typing import Any

from billiard.exceptions import WorkerLostError
from celery.worker.request import Request

from organiser.errors import Transient
from organiser.jobs.messages import decode
from organiser.jobs.steps.crashes import AfterCrash, after_crash
from organiser.workers.consuming.lifecycle import owner_of
from organiser.workers.dispatch import HANDLE, HEARTBEAT, RECOVER, CeleryDispatcher

log = logging.getLogger(__name__)


class HandleRequest(Request):  # type: ignore[misc]
    """A message in a child's hands; `excerpt` tells what a dead process left."""

    excerpt: Callable[[int], str] = staticmethod(lambda _pid: "")

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> None:  # noqa: FBT001, FBT002 Celery's signature
        super().on_failure(exc_info, send_failed_event=send_failed_event, return_ok=return_ok)
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        if isinstance(error, (WorkerLostError, SystemExit)):
            self._after_crash(str(error))

    def on_timeout(self, soft: bool, timeout: float) -> None:  # noqa: FBT001 Celery's signature
        super().on_timeout(soft, timeout)
        if not soft:
            self._after_crash(f"it took longer than {timeout:.0f} s")

    def _after_crash(self, reason: str) -> None:
        """Have what the dead child held taken back now; a message that held nothing is tried again."""
        if self.name != HANDLE:
            return
        message = decode(self.kwargs["message"])
        owner = owner_of(self.worker_pid)
        log.error("a worker process ended", extra={"fields": {"owner": owner, "reason": reason, "message": message}})
        dispatcher = CeleryDispatcher(self.app)
        crashes = int((self.request_dict or {}).get("crashes") or 0) + 1
        try:
            match after_crash(message, crashes):
                case AfterCrash.RECOVER:
                    why = "\n".join(filter(None, (reason, type(self).excerpt(self.worker_pid))))
                    dispatcher.ask(RECOVER, "maintain", owner=owner, why=why)
                case AfterCrash.TRY_AGAIN:
                    dispatcher.submit([message], crashes=crashes)
                case AfterCrash.GIVE_UP:
                    log.error("gave up", extra={"fields": {"message": message, "reason": reason}})
        except Transient as error:
            log.warning(str(error))  # the sweep finds the leases


class HeartbeatRequest(Request):  # type: ignore[misc]
    """A worker's message to itself; when it has been through broker, pool and index, `heard` is called."""

    heard: Callable[[], None] = staticmethod(lambda: None)

    def on_success(self, failed__retval__runtime: Any, **kwargs: Any) -> None:
        super().on_success(failed__retval__runtime, **kwargs)
        if self.name == HEARTBEAT and not failed__retval__runtime[0]:
            type(self).heard()
