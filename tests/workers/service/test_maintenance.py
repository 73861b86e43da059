"""The queue is a window on what is due: filled when it runs low, and from nothing when the broker was wiped."""

import subprocess
import sys
import time
from dataclasses import replace

from organiser.index.db.engine import host_name, reading, writing
from organiser.index.work import leases
from organiser.jobs.services import Services
from organiser.jobs.steps.handle import handle
from organiser.workers.dispatch import Filled
from organiser.workers.service.maintenance import maintain, submit_some
from tests.workers.service_process import Service, draw, scan_everything


def _due(service: Service, photos: int, window: int) -> Services:
    """Return services of an index in which that many photos are due for looking, chunks of four."""
    draw(service.library, photos)
    services = service.open()
    service.start_broker()
    apart = replace(services, jobs=replace(services.jobs, detect_while_identifying=False))
    for message in handle(apart, scan_everything(services, service.library)).messages:
        handle(apart, message)
    return replace(services, jobs=replace(services.jobs, chunk=4, window=window))


def test_a_wiped_broker_is_filled_again_and_a_full_one_left_alone(service: Service) -> None:
    services = _due(service, 200, window=100)
    queue = service.queue()
    maintain(services, queue)
    assert queue.lengths()["detect"] == 50
    maintain(services, queue)
    assert queue.lengths()["detect"] == 50
    with service.broker.client() as client:
        client.flushall()
    maintain(services, queue)
    assert queue.lengths()["detect"] == 50


def test_only_a_window_of_what_is_due_is_queued(service: Service) -> None:
    services = _due(service, 100, window=20)
    queue = service.queue()
    maintain(services, queue)
    assert (queue.lengths()["detect"], queue.filled()) == (20, Filled.PART)
    follow = handle(services, scan_everything(services, service.library)).messages
    submit_some(services, queue, follow * 50)
    assert queue.lengths()["scan"] <= 20


def test_the_leases_of_a_dead_process_are_taken_back_and_go_first(service: Service) -> None:
    services = _due(service, 8, window=100)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with writing(services.engine) as tx:
        leases.claim(tx, "detect", [1, 2, 3, 4], f"{host_name()}:{gone.pid}", time.time(), 600.0)
        leases.claim(tx, "detect", [5, 6, 7, 8], "elsewhere:1", time.time(), 600.0)
    maintain(services, service.queue())
    assert service.queue().lengths()["detect.fresh"] == 2
    with reading(services.engine) as tx:
        assert {lease.item for lease in leases.expired(tx, time.time())} == {1, 2, 3, 4}


def test_queues_of_the_version_before_go_and_what_they_held_is_asked_for_again(service: Service) -> None:
    services = _due(service, 40, window=100)
    queue = service.queue()
    with service.broker.client() as client:
        client.rpush("look", *(b"{}" for _ in range(10)))
    maintain(services, queue)
    assert queue.lengths()["detect"] == 10
    with service.broker.client() as client:
        assert not client.exists("look")
