"""Health checks of single parts: true of a part at work, false of one that is gone or cannot reach what it needs."""

import subprocess
import sys
import time
from pathlib import Path

from organiser.index.db.engine import host_name, writing
from organiser.index.views import throughput
from organiser.index.views.throughput import WorkerHeartbeat
from organiser.jobs.actions import roots
from organiser.jobs.collections import lock
from tests.workers.service_process import Service


def _ask(service: Service, part: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "organiser.workers.service.health", part]
    ran = subprocess.run(command, env=service.environment, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stderr


def test_a_worker_is_healthy_while_it_gives_signs_of_life(service: Service) -> None:
    services, here = service.open(), host_name()
    for host, age in (("elsewhere", 0.0), (here, 10_000.0)):
        heartbeat = WorkerHeartbeat(f"w@{host}", host, 1, ("detect",), 1, "cpu", time.time() - age)
        with writing(services.engine) as tx:
            throughput.record_heartbeat(tx, heartbeat)
    code, text = _ask(service, "worker")
    assert (code, f"no worker of {here}" in text) == (1, True)
    with writing(services.engine) as tx:
        throughput.record_heartbeat(tx, heartbeat.now(time.time()))
    assert _ask(service, "worker") == (0, "")


def test_a_worker_that_is_too_busy_to_give_signs_is_healthy(service: Service) -> None:
    services = service.open()
    assert _ask(service, "worker")[0] == 1
    with lock.placing(services):
        assert _ask(service, "worker") == (0, "")
    assert _ask(service, "worker")[0] == 1


def test_a_watcher_is_healthy_while_its_roots_are_there(service: Service, tmp_path: Path) -> None:
    services = service.open()
    roots.add(services.engine, str(service.library), time.time())
    assert _ask(service, "watch") == (0, "")
    roots.add(services.engine, str(tmp_path / "unplugged"), time.time())
    assert _ask(service, "watch") == (1, f"{tmp_path / 'unplugged'} is not there\n")


def test_without_its_broker_a_watcher_is_ill(service: Service) -> None:
    service.open()
    service.environment["ORGANISER_BROKER_URL"] = "redis://127.0.0.1:1/0"
    assert _ask(service, "watch")[0] == 1
