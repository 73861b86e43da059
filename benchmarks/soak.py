"""The memory of the service over many messages, on an index of a million photos.

    python benchmarks/soak.py [--photos 1000000] [--messages 50000] [--detector drawn] [--workers 2] [--csv soak.csv]
                              [--plot soak.png] [--folder FOLDER]

The library is made (see `made_library.py`), as far as rows go, with everything in it judged. Then as many drawn tiny photos
are found in a new root, and a message is queued for each, of one file, so that as many messages as possible are handled in
little time; each is read, looked at, judged by the model that ships and recorded by the product's own worker, while the
beat asks the index every half minute. The proportional share of memory (PSS) of every process, and its part that is no
file's (anonymous), is written down every two seconds. `--plot` needs matplotlib.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Final

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from made_library import made_library

from organiser.bootstrap import open_services
from organiser.index.db.engine import writing
from organiser.jobs.actions import roots
from organiser.jobs.messages import Identify, ScanRoot
from organiser.jobs.services import Services
from organiser.jobs.steps.handle import handle
from organiser.settings.reading import load
from organiser.workers.dispatch import CeleryDispatcher, Filled, open_queue
from organiser.workers.service.broker import EmbeddedBroker
from tests.photos import HAPPY, SAD, scene

_WINDOW: Final = 512
"""Messages that wait at once: as many as a queue holds, fewer than all."""

_EVERY_S: Final = 2.0
_SCENES: Final = 100
_COLUMNS: Final = ("seconds", "messages", "process", "pid", "pss_mb", "anonymous_mb")


@dataclass(frozen=True)
class Sample:
    """The memory of one process at one moment, in megabytes; `messages` were done by then."""

    seconds: float
    messages: int
    process: str
    pid: int
    pss_mb: float
    anonymous_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--detector", choices=("drawn", "yunet"), default="drawn")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--csv", type=Path, default=Path("soak.csv"))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the library is kept")
    options = parser.parse_args()
    made = made_library(options.folder, options.photos, pictures=False)
    with tempfile.TemporaryDirectory(prefix="soak", dir=options.folder) as scratch:
        home, pictures = Path(scratch) / "home", Path(scratch) / "pictures"
        shutil.copytree(made, home)
        draw(pictures, options.messages)
        samples = soak(home, pictures, options.detector, options.workers)
    with options.csv.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows((s.seconds, s.messages, s.process, s.pid, s.pss_mb, s.anonymous_mb) for s in samples)
    report(samples)
    if options.plot:
        plot(samples, options.plot)


def draw(folder: Path, count: int) -> None:
    """Draw scenes of several sizes and write each many times, every copy with a picture of its own as the digest sees it."""
    random, scenes = Random(3), []
    folder.mkdir()
    for number in range(_SCENES):
        width = random.randrange(120, 640)
        out = BytesIO()
        scene(width, width * 3 // 4, [HAPPY if number % 2 else SAD], number).save(out, "JPEG", quality=85)
        scenes.append(out.getvalue())
    for number in range(count):
        (folder / f"{number:06}.jpg").write_bytes(scenes[number % _SCENES] + b"copy %d" % number)


def soak(home: Path, pictures: Path, detector: str, workers: int) -> list[Sample]:
    """Have the service handle a message for every picture; return its memory over time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORGANISER_")}
    environment |= {"ORGANISER_HOME": str(home), "ORGANISER_DETECTOR": detector}
    settings = load(environment)
    services = open_services(settings)
    complete(services)
    files = found(services, pictures)
    broker = EmbeddedBroker(home)
    server = broker.start()
    queue = open_queue(settings)
    assert queue is not None
    assert server is not None
    queue.mark(Filled.WHOLE)  # else the beat would queue the same files by the dozen
    worker = command(environment, "worker", "--concurrency", str(workers))
    beat = command(environment, "beat")
    try:
        processes = {"broker": server.pid, "worker": worker.pid, "beat": beat.pid}
        return list(watched(queue, files, processes, worker))
    finally:
        for process in (beat, worker):
            process.terminate()
            process.wait()
        broker.stop()
        services.engine.dispose()


def complete(services: Services) -> None:
    """Leave nothing of the made library due: seen by the detector in use, judged by the active model and policy."""
    models_id, policy = services.model().id, services.policy.fingerprint
    with writing(services.engine) as tx:
        tx.exec_driver_sql("UPDATE detections SET detector = ?", (services.detector_fingerprint,))
        tx.exec_driver_sql("UPDATE verdicts SET model_id = ?, policy = ?", (models_id, policy))
        tx.exec_driver_sql(
            "INSERT INTO detections SELECT id, ?, 'no_face', 1 FROM photos"
            " WHERE id NOT IN (SELECT photo_id FROM detections)",
            (services.detector_fingerprint,),
        )
        tx.exec_driver_sql(
            "INSERT INTO verdicts SELECT id, ?, ?, NULL, NULL, 'no_face', 0, taken, 1 FROM photos"
            " WHERE id NOT IN (SELECT photo_id FROM verdicts)",
            (models_id, policy),
        )


def found(services: Services, pictures: Path) -> list[Identify]:
    """Record the pictures' files; return a message for each."""
    root = roots.add(services.engine, str(pictures), services.clock())
    messages = handle(services, ScanRoot(root.id)).messages
    return [
        Identify((file_id,)) for message in messages if isinstance(message, Identify) for file_id in message.file_ids
    ]


def command(environment: dict[str, str], *words: str) -> "subprocess.Popen[bytes]":
    program = [sys.executable, "-m", "organiser", *words]
    return subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def watched(
    queue: CeleryDispatcher, messages: list[Identify], processes: dict[str, int], worker: "subprocess.Popen[bytes]"
) -> Iterator[Sample]:
    """Queue the messages as room is made, and yield what memory each process has meanwhile."""
    start, sent = time.monotonic(), 0
    while True:
        waiting = sum(queue.lengths().values())
        done = max(sent - waiting, 0)
        if waiting < _WINDOW // 2 and sent < len(messages):
            queue.submit(messages[sent : sent + _WINDOW - waiting])
            sent = min(sent + _WINDOW - waiting, len(messages))
        for name, pid in named(processes):
            if memory := memory_of(pid):
                yield Sample(round(time.monotonic() - start, 1), done, name, pid, *memory)
        if done == len(messages) and queue.idle():
            return
        if worker.poll() is not None:
            raise SystemExit(f"the worker ended with {worker.returncode}")
        time.sleep(_EVERY_S)


def named(processes: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yield name and number of each process, a worker's children among them."""
    yield from processes.items()
    for child in psutil.Process(processes["worker"]).children(recursive=True):
        yield "child", child.pid


def memory_of(pid: int) -> tuple[float, float] | None:
    """Return a process's share of memory and how much of it is no file's, in megabytes; None when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return None
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return kilobytes["Pss"] / 1000, kilobytes["Pss_Anon"] / 1000


def by_process(samples: list[Sample]) -> dict[str, list[Sample]]:
    """Return the samples of each process, under its name and, of children, its number."""
    grouped: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        grouped[sample.process if sample.process != "child" else f"child {sample.pid}"].append(sample)
    return dict(grouped)


def report(samples: list[Sample]) -> None:
    """Print each process's memory after a tenth of the messages, after half and at the end, and its growth between."""
    total = samples[-1].messages
    print(f"{total:,} messages in {samples[-1].seconds:.0f} s")
    print(f"{'process':16}{'at a tenth':>12}{'at half':>10}{'at the end':>12}{'anonymous, the same':>32}   MB")
    for name, own in by_process(samples).items():
        moments = [min(own, key=lambda sample: abs(sample.messages - share * total)) for share in (0.1, 0.5, 1.0)]
        pss = (f"{sample.pss_mb:.1f}" for sample in moments)
        anonymous = (f"{sample.anonymous_mb:.1f}" for sample in moments)
        print("{:16}{:>12}{:>10}{:>12}{:>12}{:>10}{:>10}".format(name, *pss, *anonymous))


def plot(samples: list[Sample], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    for name, own in by_process(samples).items():
        (line,) = axis.plot([s.messages for s in own], [s.pss_mb for s in own], label=name)
        axis.plot([s.messages for s in own], [s.anonymous_mb for s in own], ":", color=line.get_color())
    axis.set(
        xlabel="messages done",
        ylabel="MB",
        ylim=(0, None),
        title="PSS of each process; dotted: the part that is no file's",
    )
    axis.legend(fontsize=8)
    figure.savefig(path, dpi=90)


if __name__ == "__main__":
    main()
