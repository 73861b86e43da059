"""An unchanged rescan with its index, against a bare scandir and stat walk of the same tree, in one run.

    .venv/bin/python benchmarks/rescan_index.py [--files 100000]

`rescan.py` measures walk and diff alone; this one runs the scan step itself, rows read from SQLite included.
"""

import argparse
import tempfile
import time
from pathlib import Path

from rescan import bare_walk

from organiser.bootstrap import open_services
from organiser.core.photo import RootId
from organiser.files.walk import walk
from organiser.index.db.engine import writing
from organiser.index.tables import library
from organiser.jobs.actions import roots
from organiser.jobs.messages import ScanRoot
from organiser.jobs.services import Services
from organiser.jobs.steps.handle import handle
from organiser.settings.reading import load

_PER_FOLDER = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "photos"
        for folder in range(count // _PER_FOLDER):
            (tree / f"{folder // 20:03}" / f"{folder:04}").mkdir(parents=True)
            for number in range(_PER_FOLDER):
                (tree / f"{folder // 20:03}" / f"{folder:04}" / f"IMG_{number:05}.jpg").touch()
        services = open_services(load({"ORGANISER_HOME": str(Path(scratch) / "home")}))
        root = roots.add(services.engine, str(tree), time.time())
        _know(services, root.id, tree)
        for _ in range(3):
            start = time.perf_counter()
            bare_walk(str(tree))
            bare = time.perf_counter() - start
            start = time.perf_counter()
            counts = handle(services, ScanRoot(root.id)).counts
            scan = time.perf_counter() - start
            print(f"{counts['same']} same: bare {bare:.3f} s, scan {scan:.3f} s, {scan / bare:.2f} x bare")


def _know(services: Services, root_id: RootId, tree: Path) -> None:
    found = [file for folder in walk(tree) for file in folder.files]
    with writing(services.engine) as tx:
        ids = library.insert_files(tx, root_id, found)
        seen = [(key, file, f"{file.inode:064x}") for key, file in zip(ids, found, strict=True)]
        for start in range(0, len(seen), 5000):
            library.identify(tx, seen[start : start + 5000], 0.0)


if __name__ == "__main__":
    main()
