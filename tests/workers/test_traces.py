"""What is forgotten is gone from the broker's disk too, whether the broker runs or not."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from organiser.jobs.actions import roots
from organiser.jobs.messages import ScanRoot
from tests.workers.service_process import Service, draw, wait_until

SECRET = "clinic visit"


def _organiser(service: Service, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "organiser", *words]
    return subprocess.run(command, env=service.environment, capture_output=True, text=True, check=False)


def _names_it(service: Service) -> bool:
    files = [path for path in service.broker.folder.rglob("*") if path.is_file()]
    return any(SECRET.encode() in path.read_bytes() for path in files)


def _names_it_packed(service: Service) -> bool:
    """Whether a message lies there at all: its arguments are packed, so that no search finds a name."""
    files = [path for path in service.broker.folder.rglob("*") if path.is_file()]
    return any(b"organiser.handle" in path.read_bytes() for path in files)


@pytest.mark.parametrize("running", [True, False])
def test_forget_leaves_no_message_on_the_brokers_disk(service: Service, running: bool) -> None:
    draw(service.library / SECRET, 1)
    services = service.open()
    assert _organiser(service, "scan", str(service.library)).returncode == 0
    service.start_broker()
    root = roots.add(services.engine, str(service.library), time.time())
    service.queue().submit([ScanRoot(root.id, (SECRET,), unsettled=(SECRET + "/a.jpg",))])
    with service.broker.client() as client:
        client.hset("unacked", "tag", "organiser.handle " + SECRET)
    wait_until("it is on the disk", lambda: _names_it(service) and _names_it_packed(service))
    if not running:
        service.stop_broker()
        (service.broker.folder / "appendonlydir.damaged").mkdir()
        (service.broker.folder / "appendonlydir.damaged" / "old.aof").write_text("organiser.handle " + SECRET)
    ran = _organiser(service, "forget", str(service.library / SECRET))
    assert (ran.returncode, "still names" in ran.stderr) == (os.EX_OK, False), ran.stderr
    wait_until("it is gone", lambda: not _names_it(service) and not _names_it_packed(service))
    assert service.broker.alive() is running


def test_a_broker_that_does_not_answer_is_told_of(service: Service, tmp_path: Path) -> None:
    draw(service.library, 1)
    service.open()
    assert _organiser(service, "scan", str(service.library)).returncode == 0
    service.environment["ORGANISER_BROKER_URL"] = f"redis+socket://{tmp_path}/nobody.sock"
    ran = _organiser(service, "forget", str(service.library))
    assert "still names folders" in ran.stderr
