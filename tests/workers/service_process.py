"""A service of a test's own: a home, a library of drawn photos, a real broker and real worker processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from organiser.bootstrap import open_services
from organiser.index.db.engine import reading, writing
from organiser.index.views import throughput
from organiser.index.work import due
from organiser.jobs.actions import models, roots
from organiser.jobs.messages import Message, ScanRoot
from organiser.jobs.services import Services
from organiser.settings.reading import load
from organiser.settings.values import Settings
from organiser.vision.classifiers.stub import write_stub_bundle
from organiser.workers.dispatch import CeleryDispatcher, open_queue
from organiser.workers.service.broker import EmbeddedBroker
from tests.photos import HAPPY, SAD, photo

DEADLINE_S = 60.0


def wait_until(what: str, condition: Callable[[], object], deadline: float = DEADLINE_S) -> None:
    """Wait for a condition, asked again and again; fail when it does not come."""
    until = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < until, f"waited {deadline} s in vain: {what}"
        time.sleep(0.05)


def after(seconds: float) -> Callable[[], bool]:
    """Return the condition that this much time has passed."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() >= until


def draw(folder: Path, count: int, start: int = 0, size: tuple[int, int] = (160, 120)) -> list[Path]:
    """Draw photos, happy and sad in turns, all different."""
    return [
        photo(folder / f"{number:05}.jpg", [HAPPY if number % 2 else SAD], size=size, seed=number)
        for number in range(start, start + count)
    ]


@dataclass
class Service:
    """The parts of a service, started one by one.

    Attributes:
        home: the organiser's.
        library: the root's folder.
        environment: what every part is started with.
    """

    home: Path
    library: Path
    environment: dict[str, str]
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    opened: list[Services] = field(default_factory=list)
    started: int = 0
    server: "subprocess.Popen[bytes] | None" = None

    @property
    def settings(self) -> Settings:
        return load(self.environment)

    @property
    def broker(self) -> EmbeddedBroker:
        return EmbeddedBroker(self.home)

    def open(self) -> Services:
        """Open the index and make the stub model the active one."""
        services = open_services(self.settings)
        known = models.add(services.engine, self.home, write_stub_bundle(self.home / "stub"), time.time())
        models.use(services.engine, known.label)
        self.opened.append(services)
        return services

    def start_broker(self) -> None:
        self.server = self.broker.start()

    def stop_broker(self) -> None:
        self.broker.stop()
        if self.server is not None:
            self.server.wait()

    def queue(self) -> CeleryDispatcher:
        found = open_queue(self.settings)
        assert found is not None
        return found

    def start(
        self, *words: str, program: Sequence[str] = ("-m", "organiser"), **environment: str
    ) -> "subprocess.Popen[bytes]":
        """Start a command of the organiser, in a session of its own, its log beside the home."""
        log = (self.home.parent / f"{words[0]}-{self.started}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, *program, *words],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        self.started += 1
        return process

    def worker(self, processes: int = 2, *words: str) -> "subprocess.Popen[bytes]":
        return self.start("worker", "--concurrency", str(processes), *words)

    def wait(self, what: str, condition: Callable[[], object], deadline: float = DEADLINE_S) -> None:
        """Wait for a condition; fail when it does not come, or when a part ends that nobody ended."""

        def holds() -> object:
            ended = [process.args for process in self.processes if process.poll() is not None]
            assert not ended, f"ended while waiting until {what}: {ended}"
            return condition()

        wait_until(what, holds, deadline)

    def kill(self, process: "subprocess.Popen[bytes]", number: int = signal.SIGKILL, deadline: float = 60.0) -> int:
        """End a part by a signal to it alone and return its exit code."""
        process.send_signal(number)
        self.processes.remove(process)
        return process.wait(deadline)

    def logs(self) -> str:
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self.home.parent.glob("*.log")))

    def stop(self) -> None:
        """Kill what a test left running."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for services in self.opened:
            services.engine.dispose()
        self.stop_broker()


def scan_everything(services: Services, library: Path) -> Message:
    """Return the message that scans the library, which is made a root."""
    return ScanRoot(roots.add(services.engine, str(library), time.time()).id)


def nothing_is_due(services: Services) -> bool:
    """Whether every file is identified, every photo looked at and judged, and nobody holds anything."""
    now = services.clock()
    with reading(services.engine) as tx:
        return not (
            throughput.count_to_identify(tx)
            or due.count_to_detect(tx, services.detector_fingerprint, now)
            or due.count_to_judge(tx, services.detector_fingerprint, services.model().id, services.policy.fingerprint)
            or throughput.count_in_hand(tx, now)
        )


def verdicts(services: Services, root: Path | None = None) -> dict[str, tuple[object, ...]]:
    """Return every present photo's verdict and its faces' probabilities, by relative path; of one root or of all."""
    query = f"""
        SELECT f.relpath, v.emotion, v.reason, v.confidence, v.faces, p.probabilities FROM files f
        JOIN roots r ON r.id = f.root_id AND r.path LIKE '{root or "%"}'
        JOIN verdicts v ON v.photo_id = f.photo_id
        LEFT JOIN faces g ON g.photo_id = f.photo_id AND g.subject = 'face'
        LEFT JOIN predictions p ON p.face_id = g.id
        WHERE f.missing_since IS NULL ORDER BY f.relpath, g.x
    """
    found: dict[str, tuple[object, ...]] = {}
    with reading(services.engine) as tx:
        for row in tx.execute(text(query)):
            found[row[0]] = (
                *found.get(row[0], ()),
                *(bytes(it) if isinstance(it, memoryview) else it for it in row[1:]),
            )
    return found


def count(services: Services, table: str) -> int:
    with reading(services.engine) as tx:
        return int(tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def note_judgements(services: Services) -> None:
    """Have the index note every face that is judged from now on, each time, in the transaction that records it."""
    with writing(services.engine) as tx:
        tx.exec_driver_sql("CREATE TABLE judgements (face_id INTEGER)")
        tx.exec_driver_sql(
            "CREATE TRIGGER note_judgements AFTER INSERT ON predictions "
            "BEGIN INSERT INTO judgements VALUES (new.face_id); END"
        )


def judged_in(log: str) -> int:
    """Return how many verdicts the workers of a log recorded, repetitions included."""
    return sum(int(word.removeprefix("judged=")) for word in log.split() if word.startswith("judged="))


def environment_of(home: Path, index_url: str, extra: Mapping[str, str] = {}) -> dict[str, str]:
    """Return the environment of a service's parts: nothing of this machine's settings, the drawn detector."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORGANISER_")}
    own = {"ORGANISER_HOME": str(home), "ORGANISER_INDEX_URL": index_url, "ORGANISER_DETECTOR": "drawn"}
    quick = {"ORGANISER_SERVICE_MAINTENANCE_SECONDS": "0.5", "ORGANISER_WATCH_SETTLE_SECONDS": "0.5"}
    quick |= {"ORGANISER_WEB_PORT": "0"}
    return kept | own | quick | {"PYTHONWARNINGS": "default"} | dict(extra)
