"""`organiser up`: the whole service from one command, and nothing left of it afterwards."""

import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from organiser.index.db.engine import reading
from organiser.index.views import throughput
from organiser.index.views.throughput import WorkerHeartbeat
from organiser.workers.consuming.heartbeat import own_queue
from organiser.workers.service.supervisor import Part, Supervisor
from tests.photos import HAPPY, photo
from tests.workers.service_process import Service, draw, nothing_is_due, verdicts, wait_until


def _family(service: Service) -> list[psutil.Process]:
    """Return every process that works for this service's home, the broker included."""
    mark = str(service.home)
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and (
                process.environ().get("ORGANISER_HOME") == mark or any(mark in word for word in process.cmdline())
            ):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]


def _temporary() -> set[str]:
    return {name for name in os.listdir("/tmp") if name.startswith(("organiser-", "valkey"))}


def _start(service: Service, collections: Path, *words: str) -> None:
    service.start("up", str(service.library), "--collect", str(collections), "--workers", "2", *words)


def test_up_does_everything_and_leaves_nothing(service: Service) -> None:
    before = _temporary()
    draw(service.library, 20)
    services = service.open()
    collections = service.home.parent / "collections"
    _start(service, collections)
    service.wait("all are judged", lambda: len(verdicts(services)) == 20 and nothing_is_due(services))
    assert stat.S_IMODE(service.broker.socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(service.broker.socket.stat().st_mode) == 0o700

    def placed() -> int:
        return len(list((collections / "happy").glob("*.jpg")))

    service.wait("the happy ones are in their collection", lambda: placed() == 10)
    photo(service.library / "new.jpg", [HAPPY], seed=500)
    service.wait("a new photo is in its collection", lambda: placed() == 11)
    (up,) = service.processes
    assert service.kill(up, signal.SIGTERM) == os.EX_OK
    assert _family(service) == []
    assert _temporary() == before
    assert sorted(path.name for path in service.broker.folder.iterdir()) == ["appendonlydir", "lock", "valkey.log"]


def test_nobody_else_reads_anything_in_a_home_that_others_may_enter(service: Service) -> None:
    """Whoever made the home readable before: what is in it stays private, whatever the umask."""
    service.home.mkdir(mode=0o755)
    service.open()
    draw(service.library, 1)
    _start(service, service.home.parent / "collections")
    service.wait("a worker keeps crash files", lambda: list(service.home.glob("crashes/*/*")))
    service.wait("the broker answers", service.broker.alive)
    open_to_others = [path for path in _reachable(service.home) if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    assert [path for path in open_to_others if path != service.home / "stub"] == []  # the test's own


def _reachable(folder: Path) -> Iterator[Path]:
    """Yield what somebody else comes to from a folder: what is below a folder that is closed to others is not."""
    for path in folder.iterdir():
        yield path
        if (
            path.is_dir()
            and not path.is_symlink()
            and stat.S_IMODE(path.lstat().st_mode) & 0o011
            and path.name != "stub"
        ):
            yield from _reachable(path)


def test_a_closed_terminal_ends_all_of_it(service: Service) -> None:
    service.open()
    _start(service, service.home.parent / "collections")
    service.wait("the broker answers", service.broker.alive)
    (up,) = service.processes
    assert service.kill(up, signal.SIGHUP) == os.EX_OK
    assert _family(service) == []


def test_a_part_that_cannot_be_started_keeps_no_other_from_it(tmp_path: Path) -> None:
    broken = Part("broken", [str(tmp_path / "missing")])
    whole = Part("whole", [sys.executable, "-c", "input()"])
    supervisor = Supervisor([broken, whole], None, os.environ)
    running = threading.Thread(target=supervisor.run)
    running.start()
    wait_until("the other one runs", lambda: whole.process is not None)
    supervisor.stop.set()
    running.join()
    assert broken.process is None


def test_a_killed_supervisor_leaves_only_a_broker_that_the_next_one_takes_over(service: Service) -> None:
    draw(service.library, 300)
    services = service.open()
    collections = service.home.parent / "collections"
    _start(service, collections)
    service.wait("some are judged", lambda: len(verdicts(services)) >= 32)
    (up,) = service.processes
    service.kill(up)

    def only_the_broker() -> bool:
        return [process.name() for process in _family(service)] == ["valkey-server"]

    wait_until("its children have ended", only_the_broker)
    (left,) = _family(service)
    # Something only the second can have done: the first may have judged all 300 before it was killed.
    photo(service.library / "new.jpg", [HAPPY], seed=500)
    _start(service, collections)
    service.wait("all are judged", lambda: len(verdicts(services)) == 301 and nothing_is_due(services))
    assert left.is_running()
    (up,) = service.processes
    assert service.kill(up, signal.SIGINT) == os.EX_OK
    assert _family(service) == []


def test_a_supervisor_killed_while_its_parts_start_leaves_none_of_them(service: Service) -> None:
    service.open()
    _start(service, service.home.parent / "collections")
    (up,) = service.processes
    service.wait("its parts are started", lambda: len(psutil.Process(up.pid).children()) == 5)
    service.kill(up)
    service.stop_broker()
    wait_until("its parts have ended", lambda: _family(service) == [])


def test_up_serves_the_page_and_prints_its_address(service: Service) -> None:
    draw(service.library, 4)
    services = service.open()
    _start(service, service.home.parent / "collections")
    service.wait("its address is printed", lambda: "/?token=" in service.logs())
    address = next(word for word in service.logs().split() if "/?token=" in word)
    with httpx.Client(follow_redirects=True, trust_env=False) as client:
        assert client.get(address).status_code == 200
        origin = address.partition("/?")[0]
        service.wait("all are judged", lambda: len(verdicts(services)) == 4 and nothing_is_due(services))
        photo(service.library / "new.jpg", [HAPPY], seed=500)
        began = client.post(f"{origin}/api/work/scan", json={}, headers={"Origin": origin})
        assert began.json()["by"] in ("service", "nobody")
        service.wait(
            "the new photo is on the page", lambda: client.get(f"{origin}/api/photos?q=new.jpg").json()["rows"]
        )
    (up,) = service.processes
    assert service.kill(up, signal.SIGTERM) == os.EX_OK
    assert _family(service) == []


def test_up_does_without_the_page(service: Service) -> None:
    draw(service.library, 2)
    services = service.open()
    _start(service, service.home.parent / "collections", "--no-web")
    service.wait("all are judged", lambda: len(verdicts(services)) == 2)
    assert "/?token=" not in service.logs()
    (up,) = service.processes
    assert len(psutil.Process(up.pid).children()) == 4


def test_a_worker_that_hears_nothing_any_more_is_replaced(service: Service) -> None:
    draw(service.library, 4)
    services = service.open()
    service.environment["ORGANISER_SERVICE_HEARTBEAT_TIMEOUT"] = "8"
    _start(service, service.home.parent / "collections")
    service.wait("all are judged", lambda: len(verdicts(services)) == 4 and nothing_is_due(services))

    def workers() -> list[WorkerHeartbeat]:
        with reading(services.engine) as tx:
            return throughput.workers(tx)

    service.wait("the worker gave a sign", workers)
    (deaf,) = workers()
    control = service.queue().app.control
    for name in (own_queue(deaf.name).name, *deaf.queues):  # connected as before, it consumes from none of them
        assert control.cancel_consumer(name, destination=[deaf.name], reply=True, timeout=10)
    photo(service.library / "new.jpg", [HAPPY], seed=500)
    service.wait("the new photo is judged", lambda: len(verdicts(services)) == 5 and nothing_is_due(services))
    assert workers()
    assert deaf.pid not in {worker.pid for worker in workers()}
    assert not psutil.pid_exists(deaf.pid)
    assert "code=75" in service.logs()


def test_two_services_do_not_run_in_one_home(service: Service) -> None:
    service.open()
    _start(service, service.home.parent / "collections")
    service.wait("the broker answers", service.broker.alive)
    second = service.start("up")
    service.processes.remove(second)
    assert second.wait(60) == 1
    assert "running already" in service.logs()
