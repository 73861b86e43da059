"""Starting a scan or judging again from the page: by the service where one runs, else by the command in a process."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Literal

from organiser.errors import Transient
from organiser.index.db.engine import reading, writing
from organiser.index.tables.roots import Root, set_offline
from organiser.index.views import throughput
from organiser.jobs.actions import schedules
from organiser.jobs.drivers.queue import Queue
from organiser.jobs.services import Services
from organiser.settings.reading import items
from organiser.settings.values import Origin, Settings

log = logging.getLogger(__name__)

By = Literal["service", "process", "later", "offline", "nobody"]
"""Who does what was asked for: the service, a process of its own, that process once the one that goes on is done, or
nobody: the folders are offline, the service is at the same already, or there is nothing to do."""

_SILENT_S = 90.0
_END_S = 30.0


class Processes:
    """The work that this server itself started, if any; one process of a kind at a time.

    Attributes:
        done: how many processes have ended.
    """

    def __init__(self, settings: Settings, services: Services) -> None:
        self._settings, self._services = settings, services
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._next: dict[str, Sequence[str]] = {}
        self._ended = False
        self.done = 0
        self._lock = threading.Lock()

    def scan(self, roots: Sequence[Root], queue: Queue | None) -> By:
        """Have these roots scanned; return who does it.

        Raises:
            Transient: the queue was lost just now.
        """
        if queue is not None and self._is_served(queue):
            begun = [
                schedules.begin(self._services, "scan", {"root": root.path}, "page", queue.submit) for root in roots
            ]
            return "service" if any(begun) else "nobody"
        there = [root for root in roots if os.path.isdir(self._services.here(root.path))]
        if len(there) < len(roots):  # the command takes no folder that is away, a known one neither
            with writing(self._services.engine) as tx:
                for root in roots:
                    if root not in there:
                        set_offline(tx, root.id, "it is not there", self._services.clock())
        return self._start("scan", *[self._services.here(root.path) for root in there]) if there else "offline"

    def reclassify(self, queue: Queue | None) -> By:
        """Have the active model judge what it has not judged yet; return who does it.

        Raises:
            Transient: the queue was lost just now.
        """
        if queue is not None and self._is_served(queue):
            return "service" if schedules.begin(self._services, "reclassify", {}, "page", queue.submit) else "nobody"
        return self._start("reclassify")

    def _start(self, command: str, *words: str) -> By:
        with self._lock:
            if command in self._running:
                self._next[command] = words
                return "later"
            self._run(command, words)
        return "process"

    def _run(self, command: str, words: Sequence[str]) -> None:
        """Start a command, and what is asked for of it meanwhile when it is done; the caller has the lock."""
        given = {item.variable: str(item.value) for item in items(self._settings) if item.origin is Origin.FLAG}
        process = self._running[command] = subprocess.Popen(
            [sys.executable, "-P", "-m", "organiser", command, "--json", *words],
            env=os.environ | given | {"ORGANISER_HOME": str(self._settings.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        threading.Thread(target=self._await, args=(command, process), name=command, daemon=True).start()

    def _await(self, command: str, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        with self._lock:
            del self._running[command]
            self.done += 1
            words = self._next.pop(command, None)
            if words is not None and not self._ended:
                self._run(command, words)

    def stop(self) -> None:
        """End them in order; what is done stays done, the rest stays due."""
        with self._lock:
            self._ended = True
            running = list(self._running.values())
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                log.warning("what the page began did not end in time")
                process.kill()
                process.wait()

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
