"""A cold scan against the decode floor of the same files, in one run.

    .venv/bin/python benchmarks/scan.py PHOTOS [--count 300] [--workers 2]

The floor reads, digests and decodes every JPEG at the scale the organiser would use, with the same number of threads, and
does nothing else. Each picture is copied until there are COUNT; every copy differs in content by some trailing bytes.
Prints photos per second of both, their ratio, and the scan's peak memory (sum of PSS over its process tree).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
from PIL import Image

from organiser.files.digest import picture_digest

_FLAGS = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "photos"
        _multiply(options.photos, folder, options.count)
        floor = _floor(folder, options.workers)
        scan, summary, peak = _scan(folder, Path(scratch) / "home", options.workers)
    count = options.count
    print(f"{count} photos, {options.workers} workers")
    print(f"floor  {count / floor:8.1f} photos/s  {floor:7.2f} s")
    print(f"scan   {count / scan:8.1f} photos/s  {scan:7.2f} s   {scan / floor:.2f} x the floor's time")
    print(
        f"       {floor / scan:.3f} of the floor's rate; {summary['counts'].get('faces', 0)} faces; peak {peak:.0f} MB"
    )


def _multiply(source: Path, folder: Path, count: int) -> None:
    pictures = sorted(path for path in source.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    folder.mkdir()
    for number, path in zip(range(count), cycle(pictures)):
        (folder / f"{number:05}.jpg").write_bytes(path.read_bytes() + b"copy %d" % number)


def _floor(folder: Path, threads: int) -> float:
    cv2.setNumThreads(1)
    paths = sorted(folder.iterdir())
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(_read, paths))
    return time.perf_counter() - start


def _read(path: Path) -> None:
    picture_digest(path)
    data = path.read_bytes()
    longest = max(Image.open(BytesIO(data)).size)
    divisor = next((candidate for candidate in (8, 4, 2) if longest // candidate >= 1024), 1)
    cv2.imdecode(np.frombuffer(data, np.uint8), _FLAGS[divisor])


def _scan(folder: Path, home: Path, workers: int) -> tuple[float, dict[str, Any], float]:
    command = [sys.executable, "-m", "organiser", "--home", str(home), "scan", str(folder), "--json"]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.PIPE)
    peaks: list[float] = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    elapsed = time.perf_counter() - start
    watcher.join()
    return elapsed, json.loads(output), peaks[0]


def _watch(process: subprocess.Popen[bytes], peaks: list[float]) -> None:
    """Keep the highest sum of PSS over the process tree, in MB, until the process ends."""
    while process.poll() is None:
        total = 0.0
        try:
            top = psutil.Process(process.pid)
            for one in [top, *top.children(recursive=True)]:
                total += one.memory_full_info().pss / 1e6
        except psutil.Error:
            continue
        peaks[0] = max(peaks[0], total)
        time.sleep(0.25)


if __name__ == "__main__":
    main()
