"""An unchanged rescan with its index, against a bare scandir and stat walk of the same tree, in one run.

    .venv/bin/python benchmarks/rescan_index.py [--files 100000]

`rescan.py` measures walk and diff alone; this one runs the scan step itself, rows read from SQLite included. Processor time, the
best of five rounds in turn.
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
_ROUNDS = 5


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
        bare, scan = [], []
        for _ in range(_ROUNDS):
            start = time.process_time()
            bare_walk(str(tree))
            bare.append(time.process_time() - start)
            start = time.process_time()
            counts = handle(services, ScanRoot(root.id)).counts
            scan.append(time.process_time() - start)
            assert counts == {"same": count}, counts
        print(f"{count} same, processor time: bare {min(bare):.3f} s, scan {min(scan):.3f} s")
        print(f"{min(scan) / min(bare):.2f} x bare")


def _know(services: Services, root_id: RootId, tree: Path) -> None:
    found = [file for folder in walk(tree) for file in folder.files]
    with writing(services.engine) as tx:
        ids = library.insert_files(tx, root_id, found)
        seen = [(key, file, f"{file.inode:064x}") for key, file in zip(ids, found, strict=True)]
        for start in range(0, len(seen), 5000):
            library.identify(tx, seen[start : start + 5000], 0.0)


if __name__ == "__main__":
    main()
