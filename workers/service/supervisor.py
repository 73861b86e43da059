"""The whole service as one process tree: embedded broker, worker, beat, watcher and page, started and stopped.

The supervisor itself does no work and opens nothing that could fail, so that it outlives what it supervises. Its parts
run in sessions of their own: Ctrl-C reaches only the supervisor, which stops them in the order that loses nothing.
"""

import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from organiser.errors import OrganiserError
from organiser.settings.reading import items
from organiser.settings.values import Origin, Settings
from organiser.workers.service.broker import EmbeddedBroker
from organiser.workers.service.notify import Notifier

log = logging.getLogger(__name__)

_POLL_S = 0.2
_ASK_S = 1.0
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 60.0
_STEADY_S = 60.0
_FINISH_S = 120.0
_HURRY_S = 40.0


@dataclass
class Part:
    """One program of the service and its life.

    Attributes:
        name: for the log.
        command: program and arguments.
        crashes: how often it died without having run steadily in between.
        due: monotonic moment before which it is not started again.
    """

    name: str
    command: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    crashes: int = 0
    due: float = 0.0
    began: float = 0.0

    def keep(self, environment: Mapping[str, str], now: float) -> None:
        """Start the part if it is not running, not sooner after each death than the last time."""
        if self.process is not None and self.process.poll() is None:
            if now - self.began > _STEADY_S:
                self.crashes = 0
            return
        if self.process is not None:
            wait = min(_FIRST_WAIT_S * 2**self.crashes, _LONGEST_WAIT_S)
            fields = {"part": self.name, "code": self.process.returncode, "again_in": wait}
            log.warning("ended", extra={"fields": fields})
            self.crashes, self.due, self.process = self.crashes + 1, now + wait, None
        if now >= self.due:
            self.began = now
            self.process = subprocess.Popen(
                self.command, env=dict(environment), stdin=subprocess.DEVNULL, start_new_session=True
            )
            log.info("started", extra={"fields": {"part": self.name, "part_pid": self.process.pid}})

    def tell(self, number: signal.Signals) -> None:
        """Send the part a signal if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Return whether the part has ended, after at most `seconds`."""
        try:
            if self.process is not None:
                self.process.wait(max(seconds, 0.01))
        except subprocess.TimeoutExpired:
            return False
        return True


@dataclass
class Supervisor:
    """Runs the parts until told to stop.

    Args:
        parts: in the order they are started, which is also the order they are stopped.
        broker: the embedded broker, or None when another one serves.
        notifier: tells the service manager how this goes.
    """

    parts: Sequence[Part]
    broker: EmbeddedBroker | None
    environment: Mapping[str, str]
    stop: threading.Event = field(default_factory=threading.Event)
    notifier: Notifier = field(default_factory=lambda: Notifier({}))
    _asked: float = field(default=float("-inf"), init=False)
    _server: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def run(self) -> None:
        """Keep everything running until `stop` is set; then stop everything.

        Raises:
            Transient: the broker does not even start once.
        """
        try:
            self._keep_broker()
            while not self.stop.wait(_POLL_S):
                self._try(self._keep_broker)
                for part in self.parts:
                    self._try(lambda part=part: part.keep(self._environment(), time.monotonic()))  # type: ignore[misc]
                if all(part.process is not None for part in self.parts):
                    self.notifier.ready()
                self.notifier.alive()
        finally:
            self._stop_all()

    def _try(self, act: Callable[[], None]) -> None:
        """Do something that may fail for want of memory, processes or room, which may pass; the next round tries again."""
        try:
            act()
        except (OrganiserError, OSError) as error:
            log.error(str(error))  # noqa: TRY400 tried again, no bug
            self.stop.wait(_FIRST_WAIT_S)

    def _environment(self) -> Mapping[str, str]:
        """Return what a part is started with: the broker's address may be another than the last time."""
        own = {} if self.broker is None else {"ORGANISER_BROKER_URL": self.broker.url}
        return dict(self.environment) | own

    def _keep_broker(self) -> None:
        if self.broker is None or time.monotonic() - self._asked < _ASK_S:
            return
        self._asked = time.monotonic()
        server = self.broker.start()
        if server is not None:
            self._server = server
            log.info("started", extra={"fields": {"part": "broker", "socket": self.broker.socket}})

    def _stop_all(self) -> None:
        log.info("stopping")
        self.notifier.stopping()
        self.stop.clear()  # from here on set by those who are in a hurry
        for part in self.parts:
            part.tell(signal.SIGTERM)
        until = time.monotonic() + _FINISH_S
        while not all(part.wait(_POLL_S) for part in self.parts):
            if time.monotonic() > until or self.stop.is_set():
                self._hurry()
                break
        if self.broker is not None:
            try:
                self.broker.stop()
            except OSError as error:
                log.warning(str(error))
        log.info("stopped")

    def _hurry(self) -> None:
        """Have what is in progress put back into the queue; what does not even do that is killed, its leases run out."""
        for part in self.parts:
            part.tell(signal.SIGQUIT)
        until = time.monotonic() + _HURRY_S
        for part in self.parts:
            if not part.wait(until - time.monotonic()):
                part.tell(signal.SIGKILL)
                part.wait(_HURRY_S)


def run(settings: Settings, level: str, *, web: bool = True) -> None:
    """Run the service until SIGINT, SIGTERM, or the terminal is closed.

    Args:
        web: with the page in the browser, where its libraries are installed.

    Raises:
        OrganiserError: it runs already.
        Transient: the embedded broker does not start.
    """
    broker = None if settings.broker else EmbeddedBroker(settings.home)
    notifier = Notifier(os.environ)
    environment = os.environ | _flags(settings)
    with _alone(settings.home):
        parts = _parts(level, web=web and _has_page())
        supervisor = Supervisor(parts, broker, environment, notifier=notifier)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # nohup: the terminal may go
            signal.signal(number, lambda *_: supervisor.stop.set())
        supervisor.run()


def prepare(settings: Settings, paths: Sequence[str], collect: str | None) -> None:
    """Bring the index up to date and record the folders handed over.

    Raises:
        OrganiserError: the index cannot be opened, or the model is broken.
    """
    from organiser.bootstrap import open_services
    from organiser.jobs.actions import roots
    from organiser.jobs.collections import manage
    from organiser.jobs.paths import in_index

    services = open_services(settings)
    services.model()
    for path in paths:
        roots.add(services.engine, in_index(settings.roots, path), services.clock())
    if collect is not None:
        manage.set_built_in(services, collect, None)
    services.engine.dispose()


def _has_page() -> bool:
    missing = [name for name in ("starlette", "uvicorn", "jinja2") if find_spec(name) is None]
    if missing:
        log.info("no page: its libraries are not installed", extra={"fields": {"missing": ",".join(missing)}})
    return not missing


def _parts(level: str, *, web: bool) -> list[Part]:
    def command(*words: str) -> list[str]:
        # -P: where a person stands, perhaps among photos from anywhere, is no place to import from
        return [sys.executable, "-P", "-m", "organiser", *words, "--log", level, "--supervised", str(os.getpid())]

    names = ("watch", "beat", "worker", *(("web",) if web else ()))
    return [Part(name, command(name)) for name in names]


def _flags(settings: Settings) -> dict[str, str]:
    """Return the settings that were given on the command line, as the children's environment."""
    return {item.variable: str(item.value) for item in items(settings) if item.origin is Origin.FLAG}


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the home's lock, a lock on the folder itself, so that nothing is left behind."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise OrganiserError(f"`organiser up` is running already in {home}", "see `organiser status`") from error
    finally:
        os.close(descriptor)
