"""Logs of what runs for long: one line a fact, as key=value fields, on stderr. Only commands configure them."""

import logging
import sys
import time
from collections.abc import Iterable
from typing import Any

from organiser.core.outgoing import log_value, paragraph


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
        line = " ".join(f"{name}={log_value(str(value))}" for name, value in fields.items() if value is not None)
        if record.exc_info:
            line += "\n" + paragraph(self.formatException(record.exc_info))
        return line


def configure(level: str, own: Iterable[str] = ("organiser",)) -> None:
    """Send this process's log to stderr: of the packages `own` from `level` on, of others from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Logfmt())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    for name in own:
        logging.getLogger(name).setLevel(level.upper())
