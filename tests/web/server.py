"""A page's server of a test's own: a real process on a free port, and a client that knows its token."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.workers.service_process import wait_until


@dataclass
class Server:
    """A running `organiser web`.

    Attributes:
        address: with the token, as it was printed.
        told: what it printed until then.
    """

    home: Path
    process: "subprocess.Popen[str]"
    address: str
    told: list[str] = field(default_factory=list)
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return self.address.partition("/?")[0]

    @property
    def token(self) -> str:
        return self.address.partition("token=")[2]

    def stranger(self, **options: Any) -> httpx.Client:
        """A client that was not let in."""
        self.clients.append(httpx.Client(base_url=self.origin, timeout=60, trust_env=False, **options))
        return self.clients[-1]

    def client(self, **options: Any) -> "Page":
        """A client that was let in, as a browser at the page."""
        return Page(self, self.stranger(**options))

    def stop(self, number: int = signal.SIGTERM) -> str:
        """End it, and return what else it told."""
        for client in self.clients:
            client.close()
        assert self.process.stderr is not None
        if not self.process.stderr.closed:
            self.process.send_signal(number)
            with self.process.stderr as rest:
                self.told += rest.read().splitlines()
        self.process.wait(60)
        return "\n".join(self.told)


class Page:
    """What the page in a browser does: reads, and changes with its own origin."""

    def __init__(self, server: Server, http: httpx.Client) -> None:
        self.http = http
        self._origin = server.origin
        assert self.http.get("/", params={"token": server.token}).status_code == 303

    def get(self, path: str, **parameters: Any) -> Any:
        found = self.http.get(path, params=parameters)
        assert found.status_code == 200, found.text
        return found.json()

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body, headers={"Origin": self._origin})

    def finished(self, begun: httpx.Response) -> dict[str, Any]:
        """Return the task that a request began, once it is over."""
        assert begun.status_code == 202, begun.text
        number = begun.json()["task"]["id"]

        def found() -> dict[str, Any]:
            return next(task for task in self.get("/api/tasks")["rows"] if task["id"] == number)

        wait_until("the task is over", lambda: found()["state"] not in ("waits", "going"))
        return found()

    def rows(self, **parameters: Any) -> list[Any]:
        rows: list[Any] = self.get("/api/photos", **parameters)["rows"]
        return rows


def start(home: Path, *words: str, detector: str = "drawn") -> Server:
    """Start `organiser web` on a home; returns once it has printed its address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORGANISER_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "organiser", "--home", str(home), "web", "--port", "0", *words],
        env=environment | {"ORGANISER_DETECTOR": detector},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line.rstrip("\n"))
        if "/?token=" in line:
            return Server(home, process, line.split()[-1], lines)
    process.stderr.close()
    process.wait(60)
    raise AssertionError("\n".join(lines))
