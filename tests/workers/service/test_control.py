"""Pause, resume, cancel, status, rebuild: by command, with a real worker and a real broker."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from organiser.cli.main import group
from organiser.errors import OrganiserError
from organiser.index.db.engine import reading
from organiser.index.work import pauses
from organiser.jobs.actions import schedules
from organiser.jobs.services import Services
from organiser.workers.service import metrics
from tests.workers.service_process import Service, count, draw, nothing_is_due, scan_everything, verdicts

Run = Callable[..., str]


@pytest.fixture
def organiser(service: Service) -> Run:
    """Run a command of the command line and return what it wrote to stdout."""

    def run(*words: str) -> str:
        result = CliRunner().invoke(group, words, env=service.environment, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def _started(service: Service, photos: int) -> Services:
    draw(service.library, photos)
    services = service.open()
    service.start_broker()
    service.queue().submit([scan_everything(services, service.library)])
    return services


def test_a_paused_step_takes_nothing_until_it_is_resumed(service: Service, organiser: Run) -> None:
    services = _started(service, 40)
    organiser("pause", "detect")
    service.worker(1)
    service.start("beat")
    service.wait("all are identified", lambda: count(services, "photos") == 40)
    service.wait("the queue is empty", lambda: service.queue().idle())
    assert count(services, "detections") == 0
    status = json.loads(organiser("status", "--json"))
    assert status["due"]["detect"] == 40
    assert list(status["paused"]) == ["detect"]
    assert "paused    detect" in organiser("status")
    organiser("resume")
    service.wait("all are judged", lambda: len(verdicts(services)) == 40 and nothing_is_due(services))
    status = json.loads(organiser("status", "--json"))
    assert sum(status["due"].values()) == 0
    assert [worker["processes"] for worker in status["workers"]] == [1]
    assert set(status["queues"]) >= {"detect", "detect.fresh", "place"}


def test_a_cancelled_run_stops_and_its_rest_lies_until_work_is_asked_for(service: Service, organiser: Run) -> None:
    draw(service.library, 40)
    services = service.open()
    service.start_broker()
    scan_everything(services, service.library)
    service.queue().submit(schedules.start(services, "scan", {}, "test"))
    run_id = json.loads(organiser("status", "--json"))["runs"][0]["id"]
    organiser("cancel", str(run_id))
    service.worker(1)
    service.start("beat")

    def ended() -> bool:
        (run,) = json.loads(organiser("status", "--json"))["runs"]
        return run["ended"] is not None and run["cancelled"]

    service.wait("the run has ended", ended)
    assert count(services, "detections") == 0
    organiser("queue", "rebuild")
    service.queue().submit(schedules.start(services, "scan", {}, "test"))
    service.wait("all are judged", lambda: len(verdicts(services)) == 40 and nothing_is_due(services))
    with reading(services.engine) as tx:
        assert not pauses.halted(tx)

    def history() -> list[dict[str, object]]:
        return [run for run in json.loads(organiser("status", "--json"))["runs"] if not run["cancelled"]]

    service.wait("the runs have ended", lambda: all(run["ended"] for run in history()))
    scan = next(run for run in history() if run["kind"] == "scan")
    assert scan["counts"]["judged"] == 40
    assert scan["counts"]["working_ms"] > 0
    assert scan["counts"]["waited_ms"] >= 0


def test_schedule_commands(service: Service, organiser: Run) -> None:
    service.open()
    organiser("schedule", "add", "night", "30 3 * * *", "reclassify", "faces:1..")
    (entry,) = json.loads(organiser("schedule", "list", "--json"))
    assert (entry["name"], entry["action"], entry["arguments"]) == ("night", "reclassify", {"query": "faces:1.."})
    organiser("schedule", "remove", "night")
    assert json.loads(organiser("schedule", "list", "--json")) == []
    with pytest.raises(OrganiserError, match="no cron text"):
        organiser("schedule", "add", "never", "61 * * * *", "sweep")


def test_health_and_metrics_are_counted_when_asked(service: Service) -> None:
    services = _started(service, 3)
    server = metrics.serve(service.settings, services)
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"{base}/healthz")
        service.worker(1)
        service.wait("all are judged", lambda: len(verdicts(services)) == 3 and nothing_is_due(services))
        service.wait("the worker gave a sign", lambda: _healthy(base))
        text = urllib.request.urlopen(f"{base}/metrics").read().decode()
        assert 'organiser_due{step="detect"} 0.0' in text
        assert 'organiser_queue_messages{queue="detect.fresh"} 0.0' in text
    finally:
        server.shutdown()
        server.server_close()


def _healthy(base: str) -> bool:
    try:
        return urllib.request.urlopen(f"{base}/healthz").status == 200
    except urllib.error.HTTPError:
        return False
