"""The scan of a root of very many files: when the first photo is judged, how much memory it takes, and what a rescan costs.

    python benchmarks/huge_root.py [--files 100000] [--folder DIR]

The files are empty but for the first five hundred, which are small pictures. `organiser scan` is run until the index
holds its first verdict; walking, comparing and recording all files is then done in a process of its own, without reading
any; and once more, with every file's photo known, beside a bare walk that stats each file in the same process.
"""

import argparse
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image
from rescan import bare_walk
from sqlalchemy import text

from organiser.bootstrap import open_services
from organiser.index.db.engine import reading, writing
from organiser.index.search.path_index import create_path_index, drop_path_index
from organiser.jobs.actions import roots
from organiser.jobs.messages import ScanRoot
from organiser.jobs.services import Services
from organiser.jobs.steps.scan import scan_in_parts
from organiser.settings.reading import load

_IN_FOLDER = 500
_READABLE = 500


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=100_000)
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = arguments.parse_args()
    work = given.folder / f"organiser-huge-{given.files}"
    photos = work / "photos"
    if not photos.exists():
        make(photos, given.files)
    print(f"{given.files:,} files", flush=True)
    for home in ("command", "whole"):
        shutil.rmtree(work / home, ignore_errors=True)
    first_verdict(photos, work / "command")
    in_child(partial(first_scan, photos, work / "whole"))
    in_child(partial(know_all, work / "whole"))
    for _ in range(2):
        in_child(partial(rescan, photos, work / "whole"))


def make(root: Path, number: int) -> None:
    for at in range(number):
        folder = root / f"{at // (_IN_FOLDER * 40):03d}" / f"{at // _IN_FOLDER:05d}"
        if at % _IN_FOLDER == 0:
            folder.mkdir(parents=True)
        path = folder / f"IMG_{at:07d}.jpg"
        if at < _READABLE:
            Image.new("RGB", (64, 48), (at % 256, at // 256, 100)).save(path)
        else:
            path.touch()


def first_verdict(root: Path, home: Path) -> None:
    """Run `organiser scan` until the index holds a verdict, and end it."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "organiser", "--home", os.fspath(home), "scan", os.fspath(root), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not has_verdict(home / "index.db"):
        time.sleep(0.05)
    took = time.perf_counter() - start
    process.send_signal(signal.SIGINT)
    process.wait()
    print(f"organiser scan: first photo judged {took:.1f} s after its start", flush=True)


def has_verdict(index: Path) -> bool:
    if not index.exists():
        return False
    try:
        with sqlite3.connect(f"file:{index}?mode=ro", uri=True) as connection:
            return connection.execute("SELECT 1 FROM verdicts LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return False


def in_child(work: Callable[[], None]) -> None:
    """Do some work in a process of its own, so that its peak memory is its own."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        work()
        sys.stdout.flush()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("that failed")


def opened(home: Path) -> Services:
    return open_services(load({"ORGANISER_HOME": os.fspath(home)}))


def first_scan(root: Path, home: Path) -> None:
    services = opened(home)
    wall, cpu = time.perf_counter(), time.process_time()
    root_id = roots.add(services.engine, os.fspath(root), services.clock()).id
    first, parts, files = 0.0, 0, 0
    for part in scan_in_parts(services, ScanRoot(root_id)):
        first = first or time.perf_counter() - wall
        parts, files = parts + 1, files + part.counts["new"]
    cpu = time.process_time() - cpu
    print(
        f"first scan: {files:,} files recorded in {parts} parts, {cpu:.1f} s of processor time, "
        f"the first part after {first:.2f} s; peak memory {peak_memory():.0f} MB"
    )


def know_all(home: Path) -> None:
    """Give every file a photo of its own."""
    services = opened(home)
    with writing(services.engine) as tx:
        drop_path_index(tx)
        tx.execute(text("INSERT INTO photos (id, digest, added) SELECT id, 'd' || id, 1 FROM files"))
        tx.execute(text("UPDATE files SET photo_id = id"))
        create_path_index(tx)


def rescan(root: Path, home: Path) -> None:
    services = opened(home)
    with reading(services.engine) as tx:
        (root_id,) = tx.execute(text("SELECT id FROM roots")).one()
    walks = [timed(partial(bare_walk, os.fspath(root))) for _ in range(3)]
    before = peak_memory()
    counts: list[int] = []
    took = timed(lambda: counts.extend(part.counts["same"] for part in scan_in_parts(services, ScanRoot(root_id))))
    print(
        f"rescan: {sum(counts):,} unchanged, {took:.2f} s of processor time, {took / min(walks):.2f} × a bare walk "
        f"({min(walks):.2f} s); peak memory {before:.0f} → {peak_memory():.0f} MB"
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
