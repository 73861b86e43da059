"""Whatever lies in the broker, a worker neither ends nor does what it should not; what it is for goes on."""

import json
import os

import psutil
import pytest

from organiser.core.photo import FileId, PhotoId
from organiser.errors import Transient
from organiser.index.db.engine import host_name, reading, writing
from organiser.index.work import leases
from organiser.jobs.messages import Identify
from organiser.jobs.services import Services
from organiser.workers.app import queue_names
from organiser.workers.consuming.envelope import Refused, check_control, check_task
from organiser.workers.dispatch import RECOVER
from tests.faults.messages import changed, message, named_cases, valid
from tests.faults.rounds import rounds
from tests.workers.service_process import Service, draw, nothing_is_due, scan_everything, verdicts

CASES = dict(named_cases())


@pytest.mark.parametrize("sent", valid(), ids=lambda sent: str(sent["headers"]["task"]))
def test_what_we_send_is_accepted(sent: dict[str, object]) -> None:
    check_task(json.loads(json.dumps(sent)))


def test_what_we_send_of_a_file_without_end_is_accepted(service: Service) -> None:
    service.start_broker()
    service.queue().submit([Identify((FileId(1),), size=2**62)])
    with service.broker.client() as client:
        (sent,) = client.lrange("scan", 0, -1)
    check_task(json.loads(sent))


@pytest.mark.parametrize("case", CASES)
def test_what_nobody_of_us_sends_is_refused(case: str) -> None:
    try:
        payload = json.loads(CASES[case])
    except (ValueError, RecursionError):
        return  # the transport's own business, below
    with pytest.raises(Refused):
        check_task(payload)


def test_a_changed_message_is_refused_or_one_of_ours() -> None:
    for seed in range(rounds(3000)):
        try:
            payload = json.loads(changed(seed))
        except ValueError:
            continue
        for check in (check_task, check_control):
            try:
                check(payload)
            except Refused as refused:
                assert len(str(refused)) < 100


def _hostile() -> list[bytes]:
    return [*CASES.values(), *(changed(seed) for seed in range(rounds(300)))]


def test_a_worker_outlives_whatever_lies_in_its_queues(service: Service) -> None:
    draw(service.library, 2)
    services = service.open()
    service.start_broker()
    with service.broker.client() as client:
        for number, item in enumerate(_hostile()):
            client.lpush(queue_names()[number % len(queue_names())], item)
            client.hset("unacked", f"old-{number}", item)
            client.hset("unacked", f"older-{number}", b'[%s, "", "look"]' % item[:5000])
            client.zadd("unacked_index", {f"old-{number}": 1.0, f"older-{number}": 1.0})
            if number % 7 == 0:
                client.sadd("_kombu.binding.look", item[:1000])
    worker = service.worker(2)
    service.queue().submit([scan_everything(services, service.library)])
    service.wait("all are judged", lambda: len(verdicts(services)) == 2 and nothing_is_due(services))
    assert "Traceback" not in service.logs()
    with service.broker.client() as client:
        for item in _hostile():
            client.publish("/0.celery.pidbox", item)
    control = service.queue().app.control
    service.wait("it hears broadcasts again", lambda: control.ping(timeout=1))
    for command, arguments in (("shutdown", {}), ("pool_grow", {"n": 64}), ("add_consumer", {"queue": "theirs"})):
        control.broadcast(command, arguments=arguments)
    assert control.ping(timeout=10)  # after which the others were heard as well
    draw(service.library, 1, start=7)
    service.queue().submit([scan_everything(services, service.library)])
    service.wait("a new one is judged", lambda: len(verdicts(services)) == 3 and nothing_is_due(services))
    assert worker.poll() is None
    assert len(psutil.Process(worker.pid).children()) == 2
    assert "dropped a message" in service.logs()


@pytest.mark.parametrize("shape", ["text", "set", "hash", "list", "zset"])
def test_a_key_of_another_shape_is_set_aside_and_the_queue_filled_again(service: Service, shape: str) -> None:
    draw(service.library, 2)
    services = service.open()
    service.start_broker()
    service.queue().submit([scan_everything(services, service.library)])
    with service.broker.client() as client:
        for key in (*queue_names(), "unacked", "unacked_index", "organiser.filled", "_kombu.binding.scan"):
            client.delete(key)
            match shape:
                case "text":
                    client.set(key, "garbage")
                case "set":
                    client.sadd(key, "garbage")
                case "hash":
                    client.hset(key, "garbage", "garbage")
                case "list":
                    client.rpush(key, "garbage")
                case "zset":
                    client.zadd(key, {"garbage": 1.0})
    worker = service.worker(2)
    service.start("beat")
    draw(service.library, 1, start=7)
    service.wait("the queue can be asked", lambda: _asked(service, services))
    service.wait("all are judged", lambda: len(verdicts(services)) == 3 and nothing_is_due(services))
    assert worker.poll() is None


def _asked(service: Service, services: Services) -> bool:
    try:
        service.queue().submit([scan_everything(services, service.library)])
    except Transient:
        return False
    return True


def test_nobody_ends_a_living_workers_leases_by_a_message(service: Service) -> None:
    """A conviction three times over would put a photo into quarantine that nothing is wrong with."""
    draw(service.library, 1)
    services = service.open()
    service.start_broker()
    service.queue().submit([scan_everything(services, service.library)])
    service.worker(1)
    service.wait("it is judged", lambda: len(verdicts(services)) == 1 and nothing_is_due(services))
    owner, now = f"{host_name()}:{os.getpid()}", services.clock()
    with writing(services.engine) as tx:
        assert leases.claim(tx, "detect", [PhotoId(1)], owner, now, 600.0) == [1]
    with service.broker.client() as client:
        client.lpush("maintain", json.dumps(message(RECOVER, {"owner": owner, "why": "so I say"})))
    service.wait("it was refused", lambda: "but lives" in service.logs())
    with reading(services.engine) as tx:
        assert leases.expired(tx, services.clock()) == []
        assert leases.owners(tx) == [owner]
