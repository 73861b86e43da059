"""The always-on service against `organiser scan`, as ratios of one run; drawn photos, the drawn faces' detector.

    python benchmarks/service.py [--photos 600] [--size 1600] [--new 50] [--files 100000] [--seconds 30]

Prints: throughput of two queue workers over that of `organiser scan --workers 2` (between the first and the last verdict,
so that neither start counts); how long after settling a new photo is in its collection; what watching an unchanged tree
takes of a core; the broker's memory for 100,000 queued photos.
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
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from organiser.bootstrap import open_services
from organiser.index.engine import reading
from organiser.jobs import handed, models
from organiser.jobs.messages import Look, ScanRoot
from organiser.jobs.services import Services
from organiser.settings import load
from organiser.vision.classifiers.stub import write_stub_bundle
from tests.photos import HAPPY, SAD, photo
from workers.broker import EmbeddedBroker
from workers.dispatch import open_queue

SETTLE_S = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--size", type=int, default=1600)
    parser.add_argument("--new", type=int, default=50)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="org") as scratch:
        folder = Path(scratch)
        library = folder / "library"
        for number in range(options.photos):
            shown = [HAPPY if number % 2 else SAD]
            photo(library / f"{number:05}.jpg", shown, size=(options.size, options.size * 3 // 4), seed=number)
        scanned = by_scan(folder / "scan", library, options.photos)
        queued = by_queue(folder / "queue", library, options.photos)
        print(f"throughput: scan {scanned:.1f} photos/s, queue {queued:.1f} photos/s, ratio {queued / scanned:.2f}")
        latency(folder / "up", folder / "watched", options.new)
        idle(folder / "idle", folder / "tree", options.files, options.seconds)
        memory(folder / "memory")


def opened(home: Path) -> tuple[dict[str, str], Services]:
    """Return the environment of a fresh home and its services, the stub model active."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORGANISER_")}
    environment |= {
        "ORGANISER_HOME": str(home),
        "ORGANISER_DETECTOR": "drawn",
        "ORGANISER_WATCH_SETTLE_SECONDS": str(SETTLE_S),
    }
    settings = load(environment)
    services = open_services(settings)
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


def rate(services: Services) -> float:
    """Return the photos per second between the first and the last chunk's commit."""
    with reading(services.engine) as tx:
        moments = sorted(row[0] for row in tx.exec_driver_sql("SELECT at FROM verdicts"))
    later = [moment for moment in moments if moment > moments[0]]
    return len(later) / (moments[-1] - moments[0])


def judged(services: Services) -> int:
    with reading(services.engine) as tx:
        return int(tx.exec_driver_sql("SELECT count(*) FROM verdicts").scalar_one())


def by_scan(home: Path, library: Path, photos: int) -> float:
    environment, services = opened(home)
    command(environment, "scan", str(library), "--workers", "2").wait()
    assert judged(services) == photos
    return rate(services)


def by_queue(home: Path, library: Path, photos: int) -> float:
    environment, services = opened(home)
    broker = EmbeddedBroker(home)
    broker.start()
    queue = open_queue(load(environment))
    assert queue is not None
    queue.submit([ScanRoot(handed.add(services.engine, str(library), time.time()).id)])
    worker = command(environment, "worker", "--concurrency", "2")
    until(lambda: judged(services) == photos)
    worker.terminate()
    worker.wait()
    broker.stop()
    return rate(services)


def latency(home: Path, watched: Path, new: int) -> None:
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
    # A closed file is taken at once: settling is a short cut then, and counts as no time.
    ordered = sorted(waited)
    print(
        f"new photo in its collection after it was written: median {statistics.median(ordered):.2f} s, "
        f"9 of 10 within {ordered[int(len(ordered) * 0.9)]:.2f} s"
    )


def idle(home: Path, tree: Path, files: int, seconds: float) -> None:
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
    used = after.user + after.system - before.user - before.system
    print(f"watching {files} files that do not change: {100 * max(used, 0.0) / seconds:.2f} % of a core")
    watch.terminate()
    watch.wait()
    broker.stop()


def memory(home: Path) -> None:
    environment, services = opened(home)
    broker = EmbeddedBroker(home)
    broker.start()
    queue = open_queue(load(environment))
    assert queue is not None
    chunk = services.jobs.chunk
    queue.submit(Look(tuple(range(start, start + chunk))) for start in range(0, 100_000, chunk))
    with broker.client() as client:
        used = client.info("memory")["used_memory_rss"]
    print(f"100,000 queued photos: {used / 1e6:.1f} MB of broker memory")
    broker.stop()


if __name__ == "__main__":
    main()
