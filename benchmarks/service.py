"""The always-on service against `organiser scan`, as ratios of one run; drawn photos, the drawn faces' detector.

    python benchmarks/service.py [--photos 600] [--size 1024] [--photos-from FOLDER] [--new 50] [--files 100000]
                                 [--seconds 60] [--queued 100000]

Measures: throughput of two queue workers over that of `organiser scan --workers 2` (between the first and the last
verdict, so that neither start counts); how long after it has settled a new photo is in its collection; what watching an
unchanged tree takes of a core; the broker's memory for queued photos. Prints one table with the target of each beside it.

With --photos-from, real photos are read with the real detector and the model that ships, in place of drawn ones.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from organiser.bootstrap import open_services
from organiser.core.photo import PhotoId
from organiser.index.db.engine import reading
from organiser.jobs.actions import models, roots
from organiser.jobs.messages import Detect, ScanRoot
from organiser.jobs.services import Services
from organiser.settings.reading import load
from organiser.vision.classifiers.stub import write_stub_bundle
from organiser.workers.dispatch import open_queue
from organiser.workers.service.broker import EmbeddedBroker
from tests.photos import HAPPY, SAD, photo

SETTLE_S = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--photos-from", type=Path)
    parser.add_argument("--new", type=int, default=50)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--queued", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="org") as scratch:
        folder = Path(scratch)
        library = options.photos_from or drawn(folder / "library", options.photos, options.size)
        real = options.photos_from is not None
        scanned = by_scan(folder / "scan", library, real=real)
        queued = by_queue(folder / "queue", library, scanned.photos, real=real)
        waits = latency(folder / "up", folder / "watched", options.new)
        busy = idle(folder / "idle", folder / "tree", options.files, options.seconds)
        broker_bytes = memory(folder / "memory", options.queued)
    rates = (
        f"{queued.rate / scanned.rate:.2f} ({queued.rate:.1f} of {scanned.rate:.1f} photos/s, {queued.photos} photos)"
    )
    tenth = statistics.quantiles(waits, n=10)[-1] if len(waits) > 1 else waits[0]
    rows = (
        ("queue, 2 workers / scan --workers 2", rates, "≥ 0.85"),
        (
            "settled → in its collection",
            f"{statistics.median(waits):.2f} s (median of {len(waits)}; 9 of 10 within {tenth:.2f} s)",
            "≤ 1 s",
        ),
        (f"watching {options.files:,} still files", f"{100 * busy:.2f} % of a core ({options.seconds:.0f} s)", "< 1 %"),
        (f"{options.queued:,} queued photos", f"{broker_bytes / 1e6:.1f} MB of broker memory", "< 200 MB at 100,000"),
    )
    for row in (("measure", "found", "target"), *rows):
        print(f"{row[0]:38}{row[1]:62}{row[2]}")


@dataclass(frozen=True)
class Pass:
    """A library judged once: how many photos, and how many a second between the first and the last chunk."""

    photos: int
    rate: float


def drawn(library: Path, photos: int, size: int) -> Path:
    for number in range(photos):
        photo(library / f"{number:05}.jpg", [HAPPY if number % 2 else SAD], size=(size, size * 3 // 4), seed=number)
    return library


def opened(home: Path, *, real: bool = False) -> tuple[dict[str, str], Services]:
    """Return the environment of a fresh home and its services: the stubs, or the real detector and model."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORGANISER_")}
    environment |= {
        "ORGANISER_HOME": str(home),
        "ORGANISER_DETECTOR": "yunet" if real else "drawn",
        "ORGANISER_WATCH_SETTLE_SECONDS": str(SETTLE_S),
    }
    settings = load(environment)
    services = open_services(settings)
    if not real:
        label = models.add(services.engine, home, write_stub_bundle(home / "stub"), time.time()).label
        models.use(services.engine, label)
    return environment, services


def command(environment: dict[str, str], *words: str) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "organiser", *words]
    return subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def until(condition: Callable[[], object], seconds: float = 600.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("this takes too long")
        time.sleep(0.01)


def measured(services: Services) -> Pass:
    with reading(services.engine) as tx:
        moments = sorted(row[0] for row in tx.exec_driver_sql("SELECT at FROM verdicts"))
    later = [moment for moment in moments if moment > moments[0]]
    if not later:
        raise SystemExit("all photos fit in one chunk; more are needed to tell a rate")
    return Pass(len(moments), len(later) / (moments[-1] - moments[0]))


def by_scan(home: Path, library: Path, *, real: bool) -> Pass:
    environment, services = opened(home, real=real)
    command(environment, "scan", str(library), "--workers", "2").wait()
    return measured(services)


def by_queue(home: Path, library: Path, photos: int, *, real: bool) -> Pass:
    environment, services = opened(home, real=real)
    broker = EmbeddedBroker(home)
    broker.start()
    queue = open_queue(load(environment))
    assert queue is not None
    queue.submit([ScanRoot(roots.add(services.engine, str(library), time.time()).id)])
    worker = command(environment, "worker", "--concurrency", "2")
    until(lambda: judged(services) == photos)
    worker.terminate()
    worker.wait()
    broker.stop()
    return measured(services)


def judged(services: Services) -> int:
    with reading(services.engine) as tx:
        return int(tx.exec_driver_sql("SELECT count(*) FROM verdicts").scalar_one())


def latency(home: Path, watched: Path, new: int) -> list[float]:
    """Return the seconds each new photo took, each written when the one before is done.

    A photo that is closed after writing counts as settled at once, so the time runs from there.
    """
    watched.mkdir()
    environment, _ = opened(home)
    collections = home / "collections"
    up = command(environment, "up", str(watched), "--collect", str(collections), "--workers", "2")
    photo(watched / "first.jpg", [HAPPY], seed=10**6)
    until(lambda: len(list(collections.glob("happy/*.jpg"))) == 1)
    waited = []
    for number in range(new):
        photo(watched / f"{number}.jpg", [HAPPY], size=(1600, 1200), seed=10**6 + 1 + number)
        written = time.monotonic()
        until((collections / "happy" / f"{number}.jpg").exists)
        waited.append(time.monotonic() - written)
    up.send_signal(signal.SIGTERM)
    up.wait()
    return waited


def idle(home: Path, tree: Path, files: int, seconds: float) -> float:
    """Return the share of a core that watching files takes which do not change."""
    for number in range(files):
        folder = tree / f"{number // 500:04}"
        if number % 500 == 0:
            folder.mkdir(parents=True)
        (folder / f"{number}.jpg").write_bytes(b"x")
    environment, _ = opened(home)
    broker = EmbeddedBroker(home)
    broker.start()
    watch = psutil.Process(command(environment, "watch", str(tree)).pid)
    queue = open_queue(load(environment))
    assert queue is not None
    until(lambda: sum(queue.lengths().values()))  # the first scan is asked for: watching has begun
    time.sleep(3)
    before = watch.cpu_times()
    time.sleep(seconds)
    after = watch.cpu_times()
    watch.terminate()
    watch.wait()
    broker.stop()
    return max(after.user + after.system - before.user - before.system, 0.0) / seconds


def memory(home: Path, photos: int) -> int:
    """Return the bytes a broker's process takes with that many photos queued."""
    environment, services = opened(home)
    broker = EmbeddedBroker(home)
    broker.start()
    queue = open_queue(load(environment))
    assert queue is not None
    chunk = services.jobs.chunk
    ids = [PhotoId(number) for number in range(photos)]
    queue.submit(Detect(tuple(ids[start : start + chunk])) for start in range(0, photos, chunk))
    with broker.client() as client:
        used = int(client.info("memory")["used_memory_rss"])
    broker.stop()
    return used


if __name__ == "__main__":
    main()
