"""A collection of 10,000 placements against cp, ln and ln -s of the same files, in one run.

    .venv/bin/python benchmarks/place.py [--files 10000] [--kb 100] [--modes copy hardlink symlink] [--profile FILE]

For each mode the same tree is made by the system's `cp -Rp`, `cp -Rl` or `cp -Rs`, by a bare loop that keeps the promise
each of our placements keeps (copied, fsynced, renamed without a look back), and by a sync of a collection, index and
journal included. `cp` promises nothing about a power cut: the time with a `sync` after it is given beside it. What one
leaves for the disk to write is written before the next begins.
"""

import argparse
import cProfile
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from organiser.bootstrap import open_services
from organiser.core.collections.collection import Collection
from organiser.core.collections.placement import PlacementMode
from organiser.files.walk import walk
from organiser.index.db.engine import writing
from organiser.index.tables import library
from organiser.jobs.actions import roots
from organiser.jobs.collections import manage
from organiser.jobs.services import Services
from organiser.settings.reading import load

_PER_FOLDER = 250
_BY_SYSTEM = {"copy": "-Rp", "hardlink": "-Rl", "symlink": "-Rs"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--kb", type=int, default=100)
    parser.add_argument("--modes", nargs="+", choices=_BY_SYSTEM, default=list(_BY_SYSTEM))
    parser.add_argument("--folder", help="where to work; its file system is the one measured")
    parser.add_argument("--profile", type=Path, help="keep what cProfile saw of the syncs here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        scratch = Path(name)
        photos = _make(scratch / "photos", options.files, options.kb * 1000)
        services = open_services(load({"ORGANISER_HOME": str(scratch / "home")}))
        _know(services, photos)
        print(f"{options.files} files of {options.kb} kB")
        for mode in options.modes:
            profile = cProfile.Profile() if options.profile else None
            _measure(services, scratch, photos, mode, profile)
            if profile is not None:
                profile.dump_stats(f"{options.profile}.{mode}")
        services.engine.dispose()


def _make(photos: Path, count: int, size: int) -> Path:
    for number in range(count):
        path = photos / f"{number // _PER_FOLDER:04}" / f"IMG_{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
    return photos


def _know(services: Services, tree: Path) -> None:
    """Have the index hold every file under `tree` as a photo of its own, as a scan would leave it."""
    root = roots.add(services.engine, str(tree), time.time())
    found = [file for folder in walk(tree) for file in folder.files]
    with writing(services.engine) as tx:
        ids = library.insert_files(tx, root.id, found)
        seen = [(key, file, f"{file.inode:064x}") for key, file in zip(ids, found, strict=True)]
        for start in range(0, len(seen), 5000):
            library.identify(tx, seen[start : start + 5000], 0.0)


def _measure(services: Services, scratch: Path, photos: Path, mode: str, profile: cProfile.Profile | None) -> None:
    by_system, floor, ours = scratch / "system", scratch / "floor", scratch / mode
    system = _seconds(lambda: subprocess.run(["cp", _BY_SYSTEM[mode], photos, by_system], check=True))
    settled = system + _seconds(os.sync)
    expected = _tree(by_system)
    shutil.rmtree(by_system)
    os.sync()
    bare = _seconds(lambda: _bare(photos, floor, mode))
    shutil.rmtree(floor)
    os.sync()
    collection = manage.add(
        services, Collection(mode, "sort:taken-", PlacementMode(mode), str(ours), layout="{folder}/{name}")
    )
    if profile is not None:
        profile.enable()
    placed = _seconds(lambda: manage.sync_one(services, collection))
    if profile is not None:
        profile.disable()
    assert _tree(ours) == expected
    again = _seconds(lambda: manage.sync_one(services, collection))
    manage.remove(services, collection, keep_files=True)
    shutil.rmtree(ours)
    os.sync()
    print(f"{mode:9} cp {_BY_SYSTEM[mode]}  {system:7.2f} s   with sync {settled:7.2f} s   bare loop {bare:7.2f} s")
    ratios = f"{placed / system:.2f} x cp   {placed / settled:.2f} x cp with sync   {placed / bare:.2f} x bare loop"
    print(f"          sync    {placed:7.2f} s   {ratios}   again {again:.2f} s")


def _tree(folder: Path) -> set[str]:
    names = (os.path.relpath(os.path.join(top, name), folder) for top, _, names in os.walk(folder) for name in names)
    return {name for name in names if not os.path.basename(name).startswith(".")}


def _bare(photos: Path, floor: Path, mode: str) -> None:
    """Place every file as carefully as a plain loop can: finished and kept by the disk before it has its name."""
    for top, _, names in os.walk(photos):
        folder = floor / os.path.relpath(top, photos)
        folder.mkdir(parents=True)
        for name in names:
            source, draft = os.path.join(top, name), folder / ".draft"
            if mode == "copy":
                shutil.copyfile(source, draft)
                _fsync(draft)
            else:
                (os.link if mode == "hardlink" else os.symlink)(source, draft)
            os.rename(draft, folder / name)
        _fsync(folder)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
