"""Logs of the service's parts: as the organiser's own, with Celery's among them. Only this package's commands configure them."""

import logging

from organiser import logs

_OWN = ("organiser", "celery", "kombu")


def configure(level: str, form: str = "text") -> None:
    """Send this process's log where `form` says (see `organiser.logs`), from `level` on.

    Raises:
        SettingsError: there is no journald.
    """
    logs.configure(level, form, _OWN)
    # Celery tells of every task twice; ours tell what was done.
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)
