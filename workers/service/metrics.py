"""The service's window to monitoring: `/metrics` in Prometheus's text format and `/healthz`, off unless a port is set.

Everything is counted from the index and the broker when it is asked for.
"""

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from organiser.errors import OrganiserError
from organiser.jobs.services import Services
from organiser.jobs.views.status import Status, status
from organiser.settings.values import Settings
from organiser.workers.dispatch import open_queue

log = logging.getLogger(__name__)


class IndexCollector(Collector):
    """Counts when it is asked."""

    def __init__(self, settings: Settings, services: Services) -> None:
        self._settings = settings
        self._services = services

    def read_status(self) -> Status:
        """Return how things stand.

        Raises:
            OrganiserError: the index cannot be asked.
        """
        return status(self._services, open_queue(self._settings), history=0)

    def collect(self) -> Iterator[Metric]:
        found = self.read_status()
        yield _family("organiser_due", "Photos (files, for identify) a step has yet to take.", "step", found.due)
        yield _family("organiser_queue_messages", "Messages waiting.", "queue", found.queues or {})
        again, lasting = found.failures
        kinds = {"tried again": again, "lasting": lasting}
        yield _family("organiser_failures", "What could not be done.", "kind", kinds)
        yield GaugeMetricFamily("organiser_in_hand", "Photos some worker holds.", found.in_progress)
        rate = "Photos done per second since work began, over five minutes at most."
        yield GaugeMetricFamily("organiser_rate", rate, found.rate)
        longest = "How long the photo waits that has waited longest for its first verdict."
        yield GaugeMetricFamily("organiser_oldest_seconds", longest, found.oldest or 0.0)
        yield GaugeMetricFamily("organiser_paused", "Steps that take no work.", len(found.paused))
        offline = sum(1 for root in found.roots if root.offline_since is not None)
        yield GaugeMetricFamily("organiser_roots_offline", "Folders that are not there.", offline)
        silence = {worker.name: found.at - worker.at for worker in found.workers}
        yield _family("organiser_worker_silence_seconds", "Since a worker's last heartbeat.", "worker", silence)


def _family(name: str, doc: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, doc, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def health(settings: Settings, found: Status) -> dict[str, object]:
    """Return what is wrong, under "problems"; the service is healthy when that is empty."""
    problems = []
    if found.queues is None:
        problems.append("the broker does not answer")
    if not any(found.at - worker.at < settings.service.heartbeat_timeout for worker in found.workers):
        problems.append("no worker gives a heartbeat")
    return {"problems": problems, "workers": len(found.workers), "due": dict(found.due)}


def serve(settings: Settings, services: Services) -> ThreadingHTTPServer:
    """Answer at the settings' address and port, in a thread of this process, until the server is shut down.

    Raises:
        OSError: the port is taken.
    """
    collector = IndexCollector(settings, services)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                if self.path == "/metrics":
                    registry = CollectorRegistry(auto_describe=False)
                    registry.register(collector)
                    self._write(200, generate_latest(registry), "text/plain; version=0.0.4; charset=utf-8")
                elif self.path == "/healthz":
                    found = health(settings, collector.read_status())
                    self._write(503 if found["problems"] else 200, json.dumps(found).encode(), "application/json")
                else:
                    self._write(404, b"/metrics or /healthz\n", "text/plain")
            except OrganiserError as error:
                self._write(503, json.dumps({"problems": [str(error)]}).encode(), "application/json")

        def _write(self, code: int, body: bytes, kind: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, form: str, *values: object) -> None:
            log.debug(form, *values)

    server = ThreadingHTTPServer((settings.service.address, settings.service.port), Answer)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    log.info("answering", extra={"fields": {"address": settings.service.address, "port": server.server_port}})
    return server
