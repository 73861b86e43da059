"""One beat: Celery's beat with the index as its schedule, and the service's window to monitoring."""

import functools
import signal
from typing import Any

from celery.beat import Service

from organiser.bootstrap import open_services
from organiser.index.db.engine import writing
from organiser.jobs.actions import schedules
from organiser.settings.values import Settings
from organiser.workers.app import make_app
from organiser.workers.schedule import IndexScheduler
from organiser.workers.service import metrics
from organiser.workers.service.broker import broker_url


def run(settings: Settings) -> None:
    """Ask for due work until told to stop.

    Raises:
        SettingsError: no broker is set.
    """
    app = make_app(broker_url(settings))
    services = open_services(settings)
    with writing(services.engine) as tx:
        schedules.seed(tx, services.clock())
    if settings.service.port:
        metrics.serve(settings, services)
    scheduler = functools.partial(
        IndexScheduler, services=services, maintenance_interval=settings.service.maintenance_seconds
    )
    service = _Beat(app, scheduler_cls=scheduler)
    signal.signal(signal.SIGTERM, _stop)
    service.start()


class _Beat(Service):  # type: ignore[misc]
    """Celery's beat without its state file."""

    def get_scheduler(self, *_arguments: Any, **_options: Any) -> IndexScheduler:
        scheduler: IndexScheduler = self.scheduler_cls(self.app)
        return scheduler


def _stop(_number: int, _frame: object) -> None:
    raise SystemExit(0)
