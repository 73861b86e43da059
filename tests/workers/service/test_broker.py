"""The embedded broker: one server for a home, also while it does not answer."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from organiser.errors import Transient
from workers.service.broker import EmbeddedBroker


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedBroker]:
    monkeypatch.setattr("workers.service.broker._START_S", 3.0)
    monkeypatch.setattr("workers.service.broker._STOP_S", 3.0)
    broker = EmbeddedBroker(tmp_path)
    yield broker
    broker.stop()


def _start(broker: EmbeddedBroker) -> "subprocess.Popen[bytes]":
    server = broker.start()
    assert server is not None
    return server


def _servers(broker: EmbeddedBroker) -> list[int]:
    folder = str(broker.folder)
    found = (one.info for one in psutil.process_iter(["pid", "cmdline", "status"]))
    return [one["pid"] for one in found if folder in " ".join(one["cmdline"] or ()) and one["status"] != "zombie"]


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


def test_after_a_server_was_killed_the_next_one_starts(broker: EmbeddedBroker) -> None:
    with _start(broker) as first:
        first.kill()
    with _start(broker) as second:
        assert _servers(broker) == [second.pid]
        broker.stop()
