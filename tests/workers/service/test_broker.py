"""The embedded broker: one server for a home, also while it does not answer."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from organiser.errors import SettingsError, Transient
from organiser.workers.service.broker import EmbeddedBroker


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedBroker]:
    monkeypatch.setattr("organiser.workers.service.broker._START_S", 3.0)
    monkeypatch.setattr("organiser.workers.service.broker._STOP_S", 3.0)
    broker = EmbeddedBroker(tmp_path)
    yield broker
    broker.stop()


def _start(broker: EmbeddedBroker) -> "subprocess.Popen[bytes]":
    server = broker.start()
    assert server is not None
    return server


def _servers(broker: EmbeddedBroker) -> list[int]:
    folder = str(broker.folder)
    found = (process.info for process in psutil.process_iter(["pid", "cmdline", "status"]))
    return [
        process["pid"]
        for process in found
        if folder in " ".join(process["cmdline"] or ()) and process["status"] != "zombie"
    ]


@pytest.fixture
def stalled(broker: EmbeddedBroker) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a server that lives and answers nobody."""
    with _start(broker) as server:
        os.kill(server.pid, signal.SIGSTOP)
        yield server
        broker.stop()


def test_a_server_that_does_not_answer_gets_no_second_one_beside_it(
    broker: EmbeddedBroker, stalled: "subprocess.Popen[bytes]"
) -> None:
    with pytest.raises(Transient, match=f"process {stalled.pid}, is alive but does not answer"):
        broker.start()
    assert _servers(broker) == [stalled.pid]
    os.kill(stalled.pid, signal.SIGCONT)
    assert broker.start() is None
    assert _servers(broker) == [stalled.pid]


def test_a_server_that_does_not_answer_is_stopped_all_the_same(
    broker: EmbeddedBroker, stalled: "subprocess.Popen[bytes]"
) -> None:
    assert _servers(broker) == [stalled.pid]
    broker.stop()
    assert _servers(broker) == []


@pytest.mark.parametrize("damaged", ["*.manifest", "*.aof"])
@pytest.mark.parametrize("garbage", [b"garbage\n", b"\0" * 4096, b""])
def test_files_that_it_cannot_read_are_set_aside(broker: EmbeddedBroker, damaged: str, garbage: bytes) -> None:
    with _start(broker):
        with broker.client() as client:
            client.rpush("detect", *range(1000))
        broker.stop()
    for path in (broker.folder / "appendonlydir").glob(damaged):
        path.write_bytes(garbage)
    with _start(broker) as again:
        assert again.poll() is None
        with broker.client() as client:
            client.rpush("scan", "still serves")
        broker.stop()
    with _start(broker):
        with broker.client() as client:
            assert client.lrange("scan", 0, -1) == [b"still serves"]
        broker.stop()


def test_what_was_set_aside_and_what_is_left_of_a_server_can_be_erased(broker: EmbeddedBroker) -> None:
    with _start(broker):
        broker.stop()
    (broker.folder / "appendonlydir.damaged").mkdir()
    broker.erase()
    assert sorted(path.name for path in broker.folder.iterdir()) == ["lock", "valkey.log"]


@pytest.fixture
def far(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """Give a broker whose home's path is too long for a socket."""
    broker = EmbeddedBroker(tmp_path / ("long" * 30) / "home")
    yield broker
    broker.stop()


def test_a_long_home_has_its_socket_in_a_private_folder_of_a_random_name(far: EmbeddedBroker) -> None:
    with _start(far):
        folder = far.socket.parent
        assert stat.S_IMODE(folder.lstat().st_mode) == 0o700
        assert len(os.fsencode(far.socket)) < 100
        far.stop()
    assert not folder.exists()
    with _start(far):
        assert far.socket.parent != folder
        far.stop()


@pytest.mark.parametrize("trap", ["a link", "open to others", "a file"])
def test_what_somebody_puts_in_the_place_of_that_folder_is_not_used(
    far: EmbeddedBroker, tmp_path: Path, trap: str
) -> None:
    with _start(far) as first:
        folder = far.socket.parent
        first.kill()
    far.socket.unlink(missing_ok=True)
    folder.rmdir()
    match trap:
        case "a link":
            (tmp_path / "theirs").mkdir(mode=0o700)
            folder.symlink_to(tmp_path / "theirs")
        case "open to others":
            folder.mkdir()
            folder.chmod(0o777)
        case "a file":
            folder.touch()
    with _start(far):
        assert far.socket.parent != folder
        far.stop()
    folder.rmdir() if trap == "open to others" else folder.unlink()


def test_no_process_is_signalled_but_the_one_that_was_started(broker: EmbeddedBroker) -> None:
    """The lock names a process whose number was given out again, and says so to whoever holds it."""
    broker.folder.mkdir(mode=0o700)
    holder = "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); input()"
    lock = broker.folder / "lock"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with (
        subprocess.Popen([sys.executable, "-c", holder, str(lock)], **pipes) as holding,
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander,
    ):
        assert holding.stdout is not None
        holding.stdout.readline()
        for text in (f"{bystander.pid} 1", f"{bystander.pid}", "1 1", "-1 1", "x y", ""):
            lock.write_text(text)
            broker.stop()
            assert bystander.poll() is None
            assert holding.poll() is None
        holding.communicate(b"\n")
        bystander.communicate(b"\n")


def test_a_home_that_is_a_link_to_anywhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "broker").symlink_to(tmp_path / "theirs")
    with pytest.raises(SettingsError, match="no folder of your own"):
        EmbeddedBroker(tmp_path / "home").start()


def test_after_a_server_was_killed_the_next_one_starts(broker: EmbeddedBroker) -> None:
    with _start(broker) as first:
        first.kill()
    with _start(broker) as second:
        assert _servers(broker) == [second.pid]
        broker.stop()
