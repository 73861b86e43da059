"""systemd's journal as a log's destination, by its own datagram protocol, so that `journalctl` filters by our fields.

See https://systemd.io/JOURNAL_NATIVE_PROTOCOL/.
"""

import errno
import fcntl
import logging
import os
import re
import socket
import struct
import sys
from collections.abc import Mapping
from typing import Final

from organiser.core.outgoing import log_value
from organiser.errors import SettingsError

SOCKET: Final = "/run/systemd/journal/socket"
_NO_NAME: Final = re.compile(r"[^A-Z0-9_]")
_PRIORITIES: Final = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


class JournaldHandler(logging.Handler):
    """Sends each record as an entry: MESSAGE for people, and each of its fields as `ORGANISER_NAME`.

    While the journal does not take entries, records go to stderr as the formatter makes them.

    Raises:
        SettingsError: there is no journal.
    """

    def __init__(self, path: str = SOCKET) -> None:
        super().__init__()
        if not os.path.exists(path):
            raise SettingsError(
                f"log.format is journald, and there is no journal at {path}", "text and json go to stderr"
            )
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._send(entry(record))
        except OSError:
            sys.stderr.write(self.format(record) + "\n")

    def close(self) -> None:
        self._socket.close()
        super().close()

    def _send(self, data: bytes) -> None:
        """Send an entry; one that no datagram holds goes as a sealed file in memory."""
        try:
            self._socket.sendto(data, self._path)
        except OSError as error:
            if sys.platform != "linux" or error.errno != errno.EMSGSIZE:
                raise
            descriptor = os.memfd_create("organiser-log", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            try:
                os.write(descriptor, data)
                _seal(descriptor)
                passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", descriptor))]
                self._socket.sendmsg([], passed, 0, self._path)
            finally:
                os.close(descriptor)


def entry(record: logging.LogRecord) -> bytes:
    """Return a record as one entry of the native protocol."""
    given = {name: str(value) for name, value in getattr(record, "fields", {}).items() if value is not None}
    message = " ".join([record.getMessage(), *(f"{name}={log_value(value)}" for name, value in given.items())])
    if record.exc_info:
        message += "\n" + logging.Formatter().formatException(record.exc_info)
    priority = next((number for least, number in _PRIORITIES if record.levelno >= least), 7)
    fields = {
        "MESSAGE": message,
        "PRIORITY": str(priority),
        "SYSLOG_IDENTIFIER": "organiser",
        "ORGANISER_FROM": record.name,
        "ORGANISER_EVENT": record.getMessage(),
    }
    return _encoded(fields | {f"ORGANISER_{_NO_NAME.sub('_', name.upper())}": value for name, value in given.items()})


def _encoded(fields: Mapping[str, str]) -> bytes:
    """Each value with its length before it, so that none begins a field of its own."""
    parts = []
    for name, text in fields.items():
        value = text.encode("utf-8", "backslashreplace")
        parts.append(name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n")
    return b"".join(parts)


def _seal(descriptor: int) -> None:
    if sys.platform == "linux":
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
