"""Scheduled work fires when it is due, once however many beats there are, and does only what is stale."""

import base64
import json
import time
from dataclasses import replace

from organiser.index.db.engine import reading, writing
from organiser.index.tables import runs, schedules
from organiser.jobs.actions import models, reclassify
from organiser.jobs.actions import schedules as jobs
from organiser.jobs.messages import Message
from organiser.jobs.services import Services
from organiser.jobs.steps.handle import handle
from organiser.vision.classifiers.stub import write_stub_bundle
from organiser.workers.schedule import IndexScheduler
from tests.workers.service_process import Service, draw, judged_in, scan_everything


def _do(services: Services, *messages: Message) -> None:
    waiting = list(messages)
    while waiting:
        waiting += handle(services, waiting.pop()).messages


def _judged_by_two_models(service: Service) -> Services:
    """Judge twelve photos by one model, then make another active and judge four of them by it."""
    draw(service.library / "early", 4)
    draw(service.library / "late", 8, start=4)
    services = service.open()
    _do(services, scan_everything(services, service.library))
    later = write_stub_bundle(service.home / "later", version="2", temperature=2.0)
    models.use(services.engine, models.add(services.engine, service.home, later, time.time()).label)
    _do(services, *reclassify.messages(services, "path:early"))
    return services


def test_a_schedule_fires_and_only_the_stale_is_judged_again(service: Service) -> None:
    services = _judged_by_two_models(service)
    service.start_broker()
    service.worker(1)
    service.start("beat", ORGANISER_SERVICE_MAINTENANCE_SECONDS="3600")
    with writing(services.engine) as tx:
        jobs.add(tx, "often", "* * * * * */1", "reclassify", {}, services.clock())

    def fired() -> bool:
        with reading(services.engine) as tx:
            return any(run.origin == "schedule often" for run in runs.latest(tx))

    service.wait("it has fired", fired)
    service.wait("the stale ones are judged", lambda: judged_in(service.logs()) >= 8)
    assert not list(reclassify.messages(services, ""))
    assert judged_in(service.logs()) == 8


def test_two_beats_ask_once_and_what_they_ask_expires_before_the_next_is_due(service: Service) -> None:
    services = service.open()
    service.start_broker()
    now = 1_800_000_000.0
    with writing(services.engine) as tx:
        jobs.add(tx, "hourly", "0 * * * *", "sweep", {}, now)
    due = jobs.next_after("0 * * * *", now) + 1.0
    later = replace(services, clock=lambda: due)
    queue = service.queue()
    beats = [IndexScheduler(queue.app, later, maintenance_interval=3600.0) for _ in range(2)]
    for beat in [*beats, *beats]:
        beat.tick()
    with service.broker.client() as client:
        sent = [json.loads(message) for message in client.lrange("maintain", 0, -1)]
    asked = [message for message in sent if message["headers"]["task"] == "organiser.scheduled"]
    assert len(asked) == 1
    assert asked[0]["headers"]["expires"] is not None
    with reading(services.engine) as tx:
        entry = schedules.by_name(tx, "hourly")
    assert entry.last_run == due
    assert json.loads(base64.b64decode(asked[0]["body"]))[1] == {"entry": entry.id}


def test_a_moment_missed_while_no_beat_ran_is_made_up_for_once(service: Service) -> None:
    services = service.open()
    with writing(services.engine) as tx:
        jobs.add(tx, "nightly", "30 3 * * *", "reclassify", {}, 1_800_000_000.0)
        entry = schedules.by_name(tx, "nightly")
        assert entry is not None
        now = 1_800_000_000.0 + 5 * 86_400.0
        assert jobs.is_due(entry, now)
        assert schedules.claim(tx, entry, now)
        assert not jobs.is_due(schedules.by_name(tx, "nightly"), now)
        assert not schedules.claim(tx, entry, now)


def test_default_entries_that_a_person_removed_stay_removed(service: Service) -> None:
    services = service.open()
    with writing(services.engine) as tx:
        jobs.seed(tx, services.clock())
        assert {entry.name for entry in schedules.every(tx)} == set(jobs.DEFAULTS)
        schedules.remove(tx, "nightly-scan")
        jobs.seed(tx, services.clock())
        assert [entry.name for entry in schedules.every(tx)] == ["nightly-collections", "nightly-reclassify"]
