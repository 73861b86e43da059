"""Celery's beat, reading its schedule from the index instead of a file.

Whatever is due is claimed in the index before it is asked for, so that two beats ask once. An entry expires before the
next is due, so that nothing piles up behind a worker that is away.
"""

import logging
import time
from typing import Any

from celery.beat import Scheduler

from organiser.errors import OrganiserError, Transient
from organiser.index.db.engine import reading, writing
from organiser.index.tables import schedules as rows
from organiser.index.tables.schedules import Entry
from organiser.jobs.actions import schedules
from organiser.jobs.services import Services
from organiser.workers.dispatch import MAINTAIN, SCHEDULED, CeleryDispatcher

log = logging.getLogger(__name__)

_LONGEST_SLEEP_S = 5.0


class IndexScheduler(Scheduler):  # type: ignore[misc]
    """Asks for what is due; keeps nothing itself but when it last looked after the queue.

    Args:
        services: the index and the clock; no network is loaded.
        maintenance_interval: seconds between two rounds of maintenance.
    """

    def __init__(self, app: Any, services: Services, maintenance_interval: float, **_options: Any) -> None:
        self._services = services
        self._maintenance_interval = maintenance_interval
        self._dispatcher = CeleryDispatcher(app)
        self._tended = 0.0
        super().__init__(app, schedule={}, lazy=True)
        self.data: dict[str, Any] = {}

    @property
    def schedule(self) -> dict[str, Any]:
        """Celery's own entries: none."""
        return self.data

    def tick(self, *_arguments: Any, **_options: Any) -> float:
        """Ask for what is due now; return the seconds until the next round."""
        try:
            self._ask_for_due()
            if time.monotonic() - self._tended >= self._maintenance_interval:
                self._tended = time.monotonic()
                self._dispatcher.ask(MAINTAIN, "maintain", expires=self._maintenance_interval)
        except Transient as error:
            log.warning(str(error))  # index or broker are away; nothing was claimed, or it comes again
        return min(_LONGEST_SLEEP_S, self._maintenance_interval, self._until_next())

    def _ask_for_due(self) -> None:
        now = self._services.clock()
        with reading(self._services.engine) as tx:
            entries = rows.every(tx)
        for entry in entries:
            try:
                if not schedules.is_due(entry, now):
                    continue
                expires = schedules.next_after(entry.cron, now) - now
            except OrganiserError as error:
                log.error(str(error), extra={"fields": {"schedule": entry.name}})  # noqa: TRY400 a person's slip, no bug
                continue
            with writing(self._services.engine) as tx:
                if rows.claim(tx, entry, now):
                    self._ask(entry, expires)  # should the broker be away, the claim is taken back

    def _ask(self, entry: Entry, expires: float) -> None:
        self._dispatcher.ask(SCHEDULED, "maintain", expires, entry=entry.id)
        log.info("due", extra={"fields": {"schedule": entry.name, "action": entry.action}})

    def _until_next(self) -> float:
        """Return the seconds until an entry falls due, never 0."""
        now = self._services.clock()
        try:
            with reading(self._services.engine) as tx:
                entries = [entry for entry in rows.every(tx) if entry.enabled]
            moments = [schedules.next_after(entry.cron, max(entry.last_run, now - 1)) for entry in entries]
        except OrganiserError:
            return _LONGEST_SLEEP_S
        return max(0.2, min(moments, default=now + _LONGEST_SLEEP_S) - now)
