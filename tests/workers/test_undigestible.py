"""A file that ends the process which reads its digest costs nobody but itself, in the service too."""

from pathlib import Path

from organiser.index.db.engine import reading
from organiser.index.tables import failures
from organiser.index.views.throughput import WorkerHeartbeat
from organiser.index.work import leases
from organiser.workers.app import make_app
from organiser.workers.consuming.lifecycle import MessageRunner
from organiser.workers.tasks import register
from tests.photos import HAPPY, photo
from tests.workers.service_process import Service, draw, nothing_is_due, scan_everything, verdicts


def test_a_file_that_kills_its_worker_before_it_is_a_photo_is_quarantined_alone(service: Service) -> None:
    draw(service.library, 31)
    deadly = photo(service.library / "deadly.jpg", [HAPPY], seed=99)
    services = service.open()
    service.start_broker()
    service.queue().submit([scan_everything(services, service.library)])
    service.start("undigestible", program=(str(Path(__file__).with_name("undigestible.py")),))
    service.wait("the others are judged", lambda: len(verdicts(services)) == 31 and nothing_is_due(services))
    with reading(services.engine) as tx:
        assert leases.owners(tx) == []
        (failure,) = failures.every(tx)
    assert (failure.path, failure.stage, failure.kind, failure.retry_at) == (str(deadly), "scan", "crashed", None)
    assert "SIGSEGV" in failure.reason


def test_whatever_a_worker_is_asked_has_a_time_limit(service: Service) -> None:
    """A worker whose hands are full is never taken for deaf, so they must not be full for ever."""
    app = make_app("redis://localhost")
    register(app, MessageRunner(service.open), WorkerHeartbeat("one", "host", 1, (), 1, "cpu"))
    own = [task for name, task in app.tasks.items() if name.startswith("organiser.")]
    assert len(own) == 5
    assert all(task.time_limit for task in own)
