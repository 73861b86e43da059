"""Starting a scan from the page: by the service where one runs, else by `organiser scan` in a process of its own."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from organiser.errors import Transient
from organiser.index.db.engine import reading
from organiser.index.tables.roots import Root
from organiser.index.views import throughput
from organiser.jobs.actions import schedules
from organiser.jobs.drivers.queue import Queue
from organiser.jobs.services import Services
from organiser.settings.reading import items
from organiser.settings.values import Origin, Settings

log = logging.getLogger(__name__)

_SILENT_S = 90.0
_END_S = 30.0


class Scans:
    """The scan that this server started, if any; one at a time."""

    def __init__(self, settings: Settings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self, roots: Sequence[Root], queue: Queue | None) -> str:
        """Have these roots scanned; return who does it: "service", "process", or "nobody" when it is going on already.

        Raises:
            Transient: the queue was lost just now.
        """
        if queue is not None and self._is_served(queue):
            begun = [
                schedules.begin(self._services, "scan", {"root": root.path}, "page", queue.submit) for root in roots
            ]
            return "service" if any(begun) else "nobody"
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return "nobody"
            paths = [self._services.here(root.path) for root in roots]
            given = {item.variable: str(item.value) for item in items(self._settings) if item.origin is Origin.FLAG}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "organiser", "scan", "--json", *paths],
                env=os.environ | given | {"ORGANISER_HOME": str(self._settings.home)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        return "process"

    def stop(self) -> None:
        """End the scan in order; what is done stays done, the rest stays due."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                return
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                log.warning("the scan did not end in time")
                self._process.kill()
                self._process.wait()

    def _is_served(self, queue: Queue) -> bool:
        with reading(self._services.engine) as tx:
            signs = throughput.workers(tx)
        if not any(self._services.clock() - sign.at < _SILENT_S for sign in signs):
            return False
        try:
            queue.lengths()
        except Transient:
            return False
        return True
