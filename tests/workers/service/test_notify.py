"""systemd is told that everything runs, that it goes round, and that it stops; no child inherits the say."""

import os
import signal
import socket
from pathlib import Path

from tests.workers.service_process import Service


def test_a_manager_hears_ready_watchdog_and_stopping(service: Service, tmp_path: Path) -> None:
    address = f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(120)
        up = service.start("up", str(service.library), "--no-web", NOTIFY_SOCKET=address, WATCHDOG_USEC="400000")
        heard = [manager.recv(4096).decode().split("\n")[0] for _ in range(3)]
        assert heard == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]
        children = Path(f"/proc/{up.pid}/task/{up.pid}/children")
        for child in children.read_text("utf-8").split() if children.exists() else ():
            assert b"NOTIFY_SOCKET" not in Path(f"/proc/{child}/environ").read_bytes()
        assert service.kill(up, signal.SIGTERM) == 0
        while heard[-1] == "WATCHDOG=1":
            heard.append(manager.recv(4096).decode().split("\n")[0])
    assert heard[-1] == "STOPPING=1"
    assert os.path.exists(address), "the socket is the manager's"
