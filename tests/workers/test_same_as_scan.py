"""The queue and the local runner are two drivers of one path."""

import functools

from organiser.bootstrap import open_services
from organiser.jobs.drivers.local import LocalRunner
from tests.photos import HAPPY, SAD, DrawnFace, not_a_picture, photo
from tests.workers.service_process import Service, draw, environment_of, nothing_is_due, scan_everything, verdicts


def _library(service: Service) -> None:
    draw(service.library, 90)
    photo(service.library / "none.jpg", seed=1000)
    photo(service.library / "both.jpg", [DrawnFace(HAPPY.emotion, 0.25), DrawnFace(SAD.emotion, 0.75)], seed=1001)
    not_a_picture(service.library / "words.jpg")


def _by_workers(service: Service) -> dict[str, tuple[object, ...]]:
    services = service.open()
    service.start_broker()
    service.queue().submit([scan_everything(services, service.library)])
    service.worker(2)
    service.wait("everything is judged", lambda: len(verdicts(services)) == 92 and nothing_is_due(services))
    return verdicts(services)


def _by_scan(service: Service) -> dict[str, tuple[object, ...]]:
    environment = environment_of(service.home.parent / "other", "")
    other = Service(service.home.parent / "other", service.library, environment)
    services = other.open()
    with LocalRunner(services, functools.partial(open_services, other.settings), 1) as runner:
        list(runner.run([scan_everything(services, service.library)]))
    found = verdicts(services)
    services.engine.dispose()
    return found


def test_workers_give_the_verdicts_that_a_scan_gives(service: Service) -> None:
    _library(service)
    assert _by_workers(service) == _by_scan(service)


def test_workers_on_postgres_give_the_verdicts_that_a_scan_on_sqlite_gives(postgres_service: Service) -> None:
    _library(postgres_service)
    assert _by_workers(postgres_service) == _by_scan(postgres_service)


def test_looking_and_judging_apart_gives_the_same(service: Service) -> None:
    _library(service)
    services = service.open()
    service.start_broker()
    service.environment["ORGANISER_SERVICE_SEPARATE_JUDGE_WORKERS"] = "true"
    service.queue().submit([scan_everything(services, service.library)])
    service.worker(1, "--queues", "scan,detect")
    service.worker(1, "--queues", "judge", "--device", "gpu")  # one process, no pool
    service.wait("everything is judged", lambda: len(verdicts(services)) == 92 and nothing_is_due(services))
    assert verdicts(services) == _by_scan(service)
