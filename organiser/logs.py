"""Logs of what runs for long, one record a fact: as key=value text or JSON on stderr, or in journald's fields.

Only commands configure them.
"""

import json
import logging
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from organiser.core.outgoing import json_text, log_value, paragraph
from organiser.journald import JournaldHandler


class Logfmt(logging.Formatter):
    """Formats a record as `at=… level=… from=… event="…"` and the fields given under `extra={"fields": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(record.created))
        fields = {"at": f"{moment}.{int(record.msecs):03d}"} | _fields(record)
        line = " ".join(f"{name}={log_value(str(value))}" for name, value in fields.items() if value is not None)
        if record.exc_info:
            line += "\n" + paragraph(self.formatException(record.exc_info))
        return line


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object on one line: the keys of `Logfmt`, numbers as numbers, `traceback` as a text."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")
        fields = {"at": moment} | _fields(record)
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        kept = {name: value for name, value in fields.items() if value is not None}
        return json_text(json.dumps(kept, ensure_ascii=False, default=str))


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    own: dict[str, Any] = {
        "level": record.levelname.lower(),
        "from": record.name,
        "pid": record.process,
        "event": record.getMessage(),
    }
    return own | getattr(record, "fields", {})


def configure(level: str, form: str = "text", own: Iterable[str] = ("organiser",)) -> None:
    """Send this process's log to where `form` says: of the packages `own` from `level` on, of others from warnings on.

    Args:
        form: "text" or "json" for stderr, "journald".

    Raises:
        SettingsError: there is no journald.
    """
    handler: logging.Handler = JournaldHandler() if form == "journald" else logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Logfmt())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    for name in own:
        logging.getLogger(name).setLevel(level.upper())
