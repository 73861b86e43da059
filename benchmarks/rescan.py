"""How an unchanged rescan compares with a bare walk of the same tree: `python benchmarks/rescan.py [FILES]`.

Both are done in turn on one temporary tree of empty files, in folders of 100, with a warm cache; the best of five
counts, in processor time. The bare walk is `os.scandir` and a stat of each file, nothing else. The rescan is our walk and the diff with as
many rows held in memory; reading the rows from an index comes on top.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from organiser.core.library.reconcile import FoundFile, KnownFile, ScanPlan, plan_scan
from organiser.core.photo import FileId, PhotoId
from organiser.files.walk import walk

PER_FOLDER = 100
ROUNDS = 5


def make_tree(root: Path, count: int) -> None:
    for start in range(0, count, PER_FOLDER):
        folder = root / f"{2000 + start // 5000}" / f"{start // PER_FOLDER:05d}"
        folder.mkdir(parents=True)
        for number in range(start, min(start + PER_FOLDER, count)):
            (folder / f"IMG_{number:06d}.JPG").touch()


def bare_walk(root: str) -> int:
    count = 0
    waiting = [root]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    count += 1
    return count


def find(root: str) -> list[FoundFile]:
    return [file for folder in walk(root) for file in folder.files]


def rescan(root: str, known: Sequence[KnownFile]) -> ScanPlan:
    return plan_scan(find(root), known)


def seconds(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return time.process_time() - began


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        make_tree(Path(name), count)
        files = find(name)
        known = [KnownFile(FileId(n), *file, PhotoId(n), None) for n, file in enumerate(files)]
        plan = rescan(name, known)
        assert (plan.same, plan.empty, bare_walk(name)) == (count, True, count)
        bare, walked, scanned = [], [], []
        for _ in range(ROUNDS):
            bare.append(seconds(lambda: bare_walk(name)))
            walked.append(seconds(lambda: find(name)))
            scanned.append(seconds(lambda: rescan(name, known)))
        print(f"files                 {count}")
        print(f"bare scandir + stat   {min(bare):.3f} s")
        print(f"walk                  {min(walked):.3f} s   {min(walked) / min(bare):.2f} x bare")
        print(f"walk + diff           {min(scanned):.3f} s   {min(scanned) / min(bare):.2f} x bare")


if __name__ == "__main__":
    main()
