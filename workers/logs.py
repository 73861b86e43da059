"""Logs of the service's parts: as the organiser's own, with Celery's among them. Only this package's commands configure them."""

import logging

from organiser import logs

_OWN = ("organiser", "workers", "celery", "kombu")


def configure(level: str) -> None:
    """Send this process's log to stderr, from `level` on."""
    logs.configure(level, _OWN)
    # Celery tells of every task twice; ours tell what was done.
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)
