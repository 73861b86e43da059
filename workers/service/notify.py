"""What systemd is told of the supervisor (`Type=notify`): that it is ready, that it lives, that it stops. See sd_notify(3)."""

import logging
import os
import socket
import time
from collections.abc import MutableMapping

log = logging.getLogger(__name__)


class Notifier:
    """Speaks to the service manager, if there is one; without one it does nothing.

    Args:
        environment: usually `os.environ`; the manager's variables are taken out, so that no child speaks for its parent.
    """

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        self._address = environment.pop("NOTIFY_SOCKET", "")
        meant_for = environment.pop("WATCHDOG_PID", "")
        microseconds = environment.pop("WATCHDOG_USEC", "")
        mine = microseconds.isdigit() and meant_for in ("", str(os.getpid()))
        self._interval = int(microseconds) / 2e6 if mine else None
        self._last = float("-inf")
        self._is_ready = False

    def ready(self) -> None:
        """Say once that everything runs."""
        if not self._is_ready:
            self._is_ready = True
            self._tell("READY=1\nSTATUS=broker, workers, beat and watcher run")

    def alive(self) -> None:
        """Say that the supervisor goes round, at half the watchdog's interval."""
        now = time.monotonic()
        if self._interval is not None and now - self._last >= self._interval:
            self._last = now
            self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the end is intended."""
        self._tell("STOPPING=1\nSTATUS=what is in progress is being finished")

    def _tell(self, text: str) -> None:
        if not self._address.startswith(("/", "@")):
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(text.encode(), address)
        except OSError as error:
            log.warning(
                "systemd was not told",
                extra={"fields": {"what": text.split("\n", maxsplit=1)[0], "reason": error.strerror}},
            )
