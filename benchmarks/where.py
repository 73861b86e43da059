"""Where the processor time of one new photo goes: `python benchmarks/where.py PHOTOS [--count 200]`.

Photos are found, identified, looked at and judged by the product's own handlers in this one process, on a fresh index,
with the bundled model; each stage is timed by the processor clock, a stage within another is taken off the outer one.
The first chunk, which loads the networks, is not counted.
"""

import argparse
import functools
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

from organiser.bootstrap import open_services
from organiser.jobs.actions import roots
from organiser.jobs.messages import Identify, ScanRoot
from organiser.jobs.steps import classify, detect, identify, scan
from organiser.jobs.steps.handle import handle
from organiser.settings.reading import load
from organiser.vision import pipeline
from organiser.vision.classifiers import litert
from organiser.vision.detectors import yunet, yunet_network

_STAGES = (
    ("reading the file", identify, "read_regular"),
    ("decoding", pipeline, "decode"),
    ("resizing for the detector", yunet, "resized"),
    ("detector: pixels to planes", yunet_network, "_planes"),
    ("detector: outputs to candidates", yunet_network, "_decode"),
    ("detector: NumPy around it", yunet.YuNet, "detect"),
    ("cutting crops", pipeline, "canonical_crop"),
    ("measuring crops", pipeline, "measure"),
    ("encoding crops", pipeline, "encode_crop"),
    ("thumbnail", pipeline, "_thumbnail"),
    ("decoding crops", classify, "decode_kept"),
    ("classifier: network", litert._Network, "run"),  # noqa: SLF001
    ("classifier: the rest", classify, "classify"),
    ("rows: leases of files", identify, "_claim"),
    ("rows: photos", identify, "_record"),
    ("rows: leases of photos", detect, "_claim"),
    ("rows: faces, crops, verdicts", detect, "_record"),
    ("rows: found files", scan, "_apply"),
)
_spent: defaultdict[str, float] = defaultdict(float)
_calls: Counter[str] = Counter()
_inner = [0.0]


def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(work)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        start = time.process_time()
        _inner.append(0.0)
        try:
            return work(*arguments, **named)
        finally:
            took = time.process_time() - start
            _spent[name] += took - _inner.pop()
            _calls[name] += 1
            _inner[-1] += took

    return wrapper


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "photos"
        multiply(options.photos, folder, options.count + 32)
        run(folder, Path(scratch) / "home")


def multiply(source: Path, folder: Path, count: int) -> None:
    pictures = sorted(path for path in source.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    folder.mkdir()
    for number, path in zip(range(count), cycle(pictures)):
        (folder / f"{number:05}.jpg").write_bytes(path.read_bytes() + b"copy %d" % number)


def run(folder: Path, home: Path) -> None:
    services = open_services(load({"ORGANISER_HOME": os.fspath(home)}))
    services.model()
    pipeline.use_one_thread()
    for name, owner, attribute in _STAGES:
        setattr(owner, attribute, timed(name, getattr(owner, attribute)))
    session = yunet_network.runtime().InferenceSession
    session.run = timed("detector: network", session.run)
    services = replace(services, digest=timed("digest", services.digest))
    root = roots.add(services.engine, os.fspath(folder), services.clock())
    start = time.process_time()
    messages = [message for message in handle(services, ScanRoot(root.id)).messages if isinstance(message, Identify)]
    found = time.process_time() - start
    handle(services, messages[0])
    warm = len(messages[0].file_ids)
    rows = _spent["rows: found files"]
    _spent.clear()
    _calls.clear()
    start = time.process_time()
    counts = Counter[str]()
    for message in messages[1:]:
        counts += handle(services, message).counts
    total = time.process_time() - start
    photos = counts["detected"]
    print(f"{photos} photos ({warm} before them not counted), {counts['faces'] / photos:.1f} faces each")
    lines = [(name, spent / photos * 1e3, _calls[name] / photos) for name, spent in _spent.items()]
    print(
        f"{'found by the walk, rows included':34}{found / (photos + warm) * 1e3:7.2f} ms  (rows {rows / (photos + warm) * 1e3:.2f})"
    )
    for name, spent, calls in sorted(lines, key=lambda line: -line[1]):
        print(f"{name:34}{spent:7.2f} ms  {calls:5.1f} times")
    print(f"{'everything else':34}{total / photos * 1e3 - sum(line[1] for line in lines):7.2f} ms")
    print(f"{'a photo, from reading to verdict':34}{total / photos * 1e3:7.2f} ms")


if __name__ == "__main__":
    main()
