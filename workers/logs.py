"""Logs of the service: one line a fact, as key=value fields, on stderr. Only this package's commands configure them."""

import logging
import sys
import time
from typing import Any

_OWN = ("organiser", "workers", "celery", "kombu")


class Logfmt(logging.Formatter):
    """Formats a record as `at=… level=… from=… event="…"` and the fields given under `extra={"fields": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(record.created))
        fields: dict[str, Any] = {
            "at": f"{moment}.{int(record.msecs):03d}",
            "level": record.levelname.lower(),
            "from": record.name,
            "pid": record.process,
            "event": record.getMessage(),
        }
        fields |= getattr(record, "fields", {})
        line = " ".join(f"{name}={_quoted(value)}" for name, value in fields.items() if value is not None)
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def configure(level: str) -> None:
    """Send this process's log to stderr, from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Logfmt())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _OWN:
        logging.getLogger(name).setLevel(level.upper())
    # Celery tells of every task twice; ours tell what was done.
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _quoted(value: object) -> str:
    text = str(value)
    if text and not any(char in text for char in ' ="\n'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
