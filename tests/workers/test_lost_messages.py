"""No message is the only one to know something: whatever the queue loses, somebody asks the index and it is done."""

import os
import time

from organiser.index.db.engine import reading, writing
from organiser.index.work import pauses, scan_requests
from organiser.jobs.actions import roots
from organiser.jobs.collections import manage
from organiser.jobs.services import Services
from organiser.jobs.steps.handle import handle
from organiser.workers.service.maintenance import maintain
from tests.photos import HAPPY, photo
from tests.workers.service_process import Service, count, draw, nothing_is_due, scan_everything, verdicts


def _wipe(service: Service) -> None:
    with service.broker.client() as client:
        client.flushall()


def _watched(service: Service, photos: int) -> Services:
    """Start broker, beat and watcher; wait for a worker of its own to have judged what is there, and end that worker."""
    draw(service.library, photos)
    services = service.open()
    roots.add(services.engine, str(service.library), time.time())
    service.start_broker()
    service.start("beat")
    service.start("watch")
    worker = service.worker(1)
    service.wait("all are judged", lambda: len(verdicts(services)) == photos and nothing_is_due(services))
    service.wait("nothing waits", service.queue().idle)
    assert service.kill(worker, 15) == os.EX_OK
    return services


def test_a_hint_that_the_broker_lost_is_followed_all_the_same(service: Service) -> None:
    services = _watched(service, 3)
    photo(service.library / "new.jpg", [HAPPY], seed=800)
    service.wait("the watcher has told", lambda: service.queue().lengths()["scan.fresh"])
    _wipe(service)
    service.worker(1)
    service.wait("the new one is judged", lambda: "new.jpg" in verdicts(services))


def test_what_changed_while_scanning_was_paused_is_found_after_resume(service: Service) -> None:
    services = _watched(service, 3)
    with writing(services.engine) as tx:
        pauses.pause(tx, "scan", services.clock())
    photo(service.library / "new.jpg", [HAPPY], seed=800)
    service.wait("the watcher has told", lambda: service.queue().lengths()["scan.fresh"])
    service.worker(1)
    service.wait("the hint is consumed", service.queue().idle)
    assert "new.jpg" not in verdicts(services)
    with writing(services.engine) as tx:
        pauses.resume(tx, "scan")
    service.wait("the new one is judged", lambda: "new.jpg" in verdicts(services))


def test_without_a_queue_what_was_paused_is_done_after_resume(service: Service) -> None:
    draw(service.library, 3)
    services = service.open()
    roots.add(services.engine, str(service.library), time.time())
    service.start("watch", "--workers", "1")
    service.wait("all are judged", lambda: len(verdicts(services)) == 3 and nothing_is_due(services))
    with writing(services.engine) as tx:
        for step in ("scan", "detect"):
            pauses.pause(tx, step, services.clock())
    photo(service.library / "new.jpg", [HAPPY], seed=800)
    service.wait("the watcher has noted it", lambda: _any_scan(services))
    with writing(services.engine) as tx:
        pauses.resume(tx, "scan")
    service.wait("it is identified", lambda: count(services, "photos") == 4)
    assert "new.jpg" not in verdicts(services)
    with writing(services.engine) as tx:
        pauses.resume(tx, "detect")
    service.wait("the new one is judged", lambda: "new.jpg" in verdicts(services))


def _any_scan(services: Services) -> bool:
    with reading(services.engine) as tx:
        return scan_requests.any_scan(tx)


def test_collections_are_filled_though_the_broker_lost_what_asked_for_it(service: Service) -> None:
    draw(service.library, 4)
    services = service.open()
    collections = service.home.parent / "collections"
    manage.set_built_in(services, str(collections), "copy")
    service.start_broker()
    service.start("beat")
    service.worker(1, "--queues", "scan,detect,judge")
    queue = service.queue()
    queue.submit([scan_everything(services, service.library)])
    service.wait("filling is asked for", lambda: len(verdicts(services)) == 4 and queue.lengths()["place"])
    _wipe(service)
    service.worker(1, "--queues", "place")
    service.wait("all are placed", lambda: len(list(collections.glob("*/*.jpg"))) == 4)


def _judged_here(service: Service, photos: int) -> Services:
    draw(service.library, photos)
    services = service.open()
    service.start_broker()
    waiting = [scan_everything(services, service.library)]
    while waiting:
        waiting += handle(services, waiting.pop()).messages
    return services


def test_links_follow_a_folder_renamed_while_nobody_watched(service: Service) -> None:
    services = _judged_here(service, 4)
    collections = service.home.parent / "collections"
    manage.set_built_in(services, str(collections), "symlink")
    maintain(services, service.queue())
    _do_what_waits_for_placing(service, services)
    assert len(list(collections.glob("*/*.jpg"))) == 4
    (service.library / "below").mkdir()
    for path in service.library.glob("*.jpg"):
        path.rename(service.library / "below" / path.name)
    handle(services, scan_everything(services, service.library))
    maintain(services, service.queue())
    _do_what_waits_for_placing(service, services)
    links = list(collections.glob("*/*.jpg"))
    assert [link.exists() for link in links] == [True] * 4


def test_the_copy_of_an_original_deleted_while_nobody_watched_goes(service: Service) -> None:
    services = _judged_here(service, 4)
    collections = service.home.parent / "collections"
    manage.set_built_in(services, str(collections), "hardlink")
    maintain(services, service.queue())
    _do_what_waits_for_placing(service, services)
    (service.library / "00001.jpg").unlink()
    handle(services, scan_everything(services, service.library))
    maintain(services, service.queue())
    _do_what_waits_for_placing(service, services)
    with reading(services.engine) as tx:
        assert not scan_requests.placing(tx)
    maintain(services, service.queue())
    assert service.queue().lengths()["place"] == 0


def _do_what_waits_for_placing(service: Service, services: Services) -> None:
    """Do the one message that asks to bring collections in line."""
    from organiser.jobs.messages import Place

    assert service.queue().lengths()["place"] == 1
    with service.broker.client() as client:
        client.delete("place")
    handle(services, Place())
