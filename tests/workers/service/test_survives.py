"""What months of service bring: workers killed, brokers wiped and away, databases restarted, pictures that kill."""

import contextlib
import os
import random
import signal
from pathlib import Path

import psutil
import pytest
from sqlalchemy.exc import OperationalError

from organiser.errors import Transient
from organiser.index.db.engine import reading
from organiser.index.tables import failures
from organiser.jobs.collections import manage
from organiser.jobs.services import Services
from tests.photos import HAPPY, photo
from tests.workers.deadly import DEADLY
from tests.workers.postgres import PostgresServer
from tests.workers.service_process import (
    Service,
    after,
    count,
    draw,
    environment_of,
    judged_in,
    note_judgements,
    nothing_is_due,
    scan_everything,
    verdicts,
)


def _begin(service: Service, photos: int, size: tuple[int, int] = (160, 120)) -> Services:
    draw(service.library, photos, size=size)
    services = service.open()
    service.start_broker()
    service.queue().submit([scan_everything(services, service.library)])
    return services


def _all_judged(services: Services, photos: int) -> bool:
    return count(services, "verdicts") == photos and nothing_is_due(services)


def test_killed_workers_lose_nothing_and_judge_next_to_nothing_twice(service: Service) -> None:
    services = _begin(service, 2000, size=(80, 60))
    note_judgements(services)
    collections = service.home.parent / "collections"
    manage.set_built_in(services, str(collections), "copy")
    main = service.worker(2)
    service.start("beat")
    chance = random.Random(7)
    for judged in range(64, 1600, 256):
        service.wait(f"{judged} are judged", lambda judged=judged: count(services, "verdicts") >= judged)
        children = psutil.Process(main.pid).children()
        chance.choice(children).kill()
    service.kill(main)
    service.worker(2)
    service.wait("all are judged", lambda: _all_judged(services, 2000))
    assert count(services, "judgements") <= 2000 * 1.02

    def placed() -> int:
        return sum(entry.name.endswith(".jpg") for name in ("happy", "sad") for entry in os.scandir(collections / name))

    service.wait("all are placed", lambda: placed() >= 2000, deadline=150)
    service.wait("all placements are recorded", lambda: count(services, "placements") >= 2000)
    assert {path.name for path in collections.glob("*/*.jpg")} == {f"{number:05}.jpg" for number in range(2000)}
    assert (placed(), count(services, "placements"), count(services, "failures")) == (2000, 2000, 0)


def test_a_wiped_broker_loses_nothing_and_is_filled_within_a_minute(service: Service) -> None:
    """With the interval that a service has by default."""
    services = _begin(service, 400)
    service.worker(2)
    service.start("beat", ORGANISER_SERVICE_MAINTENANCE_SECONDS="30")
    service.wait("some are judged", lambda: count(services, "verdicts") >= 64)
    with service.broker.client() as client:
        client.flushall()
    service.wait("all are judged", lambda: _all_judged(services, 400), deadline=60.0)


def test_a_broker_that_is_away_for_twenty_seconds_is_taken_up_again(service: Service) -> None:
    services = _begin(service, 400)
    service.worker(2)
    service.start("beat")
    service.wait("some are judged", lambda: count(services, "verdicts") >= 64)
    service.stop_broker()
    service.wait("its absence is noticed", lambda: "Connection" in service.logs())
    service.wait("it has been away for long", after(20.0))
    assert count(services, "verdicts") < 400
    service.start_broker()
    service.wait("all are judged", lambda: _all_judged(services, 400))
    with reading(services.engine) as tx:
        assert failures.every(tx) == []


def test_a_worker_whose_hands_are_full_is_not_taken_for_deaf(service: Service) -> None:
    services = _begin(service, 1)
    pipe = service.home / "held"
    os.mkfifo(pipe)
    service.start(
        "held", program=(str(Path(__file__).parents[1] / "held.py"),), ORGANISER_SERVICE_HEARTBEAT_TIMEOUT="6"
    )
    pipes: list[int] = []

    def looking() -> bool:
        with contextlib.suppress(OSError):  # nobody reads yet
            pipes.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(pipes)

    service.wait("the picture is looked at", looking)
    service.wait("it has been looked at for longer than a worker may be deaf", after(9.0))
    os.close(pipes[0])
    service.wait("it is judged", lambda: _all_judged(services, 1))


def test_a_restarted_postgres_loses_nothing(folder: Path) -> None:
    server = PostgresServer(folder / "postgres")
    service = Service(folder / "home", folder / "library", environment_of(folder / "home", server.start()))
    try:
        services = _begin(service, 400)
        service.worker(2)
        service.start("beat")
        service.wait("some are judged", lambda: count(services, "verdicts") >= 64)
        server.restart()

        def done() -> bool:
            try:
                return _all_judged(services, 400)
            except (Transient, OperationalError):
                return False

        service.wait("all are judged", done)
        with reading(services.engine) as tx:
            assert failures.every(tx) == []
    finally:
        service.stop()
        print(service.logs())
        server.stop()


def test_a_picture_that_kills_its_worker_is_quarantined_alone(service: Service) -> None:
    draw(service.library, 31)
    deadly = photo(service.library / "deadly.jpg", [HAPPY], size=DEADLY, seed=99)
    services = service.open()
    service.start_broker()
    service.queue().submit([scan_everything(services, service.library)])
    program = str(Path(__file__).parents[1] / "deadly.py")
    service.start("deadly", program=(program,))
    service.wait("the others are judged", lambda: len(verdicts(services)) == 31 and nothing_is_due(services))
    with reading(services.engine) as tx:
        (failure,) = failures.every(tx)
    assert (failure.path, failure.kind, failure.retry_at) == (str(deadly), "crashed", None)
    assert "SIGSEGV" in failure.reason
    assert "in detect" in failure.reason  # the dying process told where it was


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_a_worker_told_to_stop_gives_its_work_back(service: Service, number: int) -> None:
    services = _begin(service, 300)
    worker = service.worker(2)
    service.wait("some are judged", lambda: count(services, "verdicts") >= 32)
    assert service.kill(worker, number) == os.EX_OK
    service.worker(2)
    service.start("beat")
    service.wait("all are judged", lambda: _all_judged(services, 300))
    assert judged_in(service.logs()) == 300
