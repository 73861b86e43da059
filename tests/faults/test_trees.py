"""A hostile library is scanned to its end, the good photo in it is judged, and nothing in or beside it changes."""

import os
import stat
import subprocess
import sys
from pathlib import Path

from tests.faults.rounds import rounds
from tests.faults.trees import grow
from tests.photos import HAPPY, photo
from tests.workers.service_process import environment_of

_DONE, _SOME_FAILED = 0, 3


def _state(*folders: Path) -> dict[bytes, tuple[object, ...]]:
    """Return what is in folders: of every entry kind, mode, size and time of change, of small files the bytes."""
    found: dict[bytes, tuple[object, ...]] = {}
    for folder in folders:
        for where, below, files in os.walk(os.fsencode(folder)):
            for name in (*below, *files):
                path = os.path.join(where, name)
                it = os.lstat(path)
                whole = stat.S_ISREG(it.st_mode) and it.st_size < 1_000_000
                content = Path(os.fsdecode(path)).read_bytes() if whole else b""
                found[path] = (it.st_mode, it.st_size, it.st_mtime_ns, it.st_ino, content)
    return found


def test_a_hostile_library_is_scanned_and_left_as_it_is(folder: Path) -> None:
    for seed in range(rounds(1)):
        library, outside = folder / f"library{seed}", folder / f"outside{seed}"
        photo(outside / "private.jpg", [HAPPY], seed=1000 + seed)
        grow(library, outside, seed)
        before = _state(library, outside)
        environment = environment_of(folder / f"home{seed}", "")
        collect = ["--collect", str(folder / f"collections{seed}"), "--workers", "2"]

        def organiser(*words: str, environment: dict[str, str] = environment) -> "subprocess.CompletedProcess[bytes]":
            command = [sys.executable, "-m", "organiser", *words]
            return subprocess.run(command, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL)

        scanned = organiser("scan", str(library), *collect)
        assert scanned.returncode in {_DONE, _SOME_FAILED}, (seed, scanned.stderr)
        assert b"Traceback" not in scanned.stderr
        listed = organiser("find", "--paths", "-0")
        assert os.fsencode(library / "good.jpg") in listed.stdout.split(b"\0"), (seed, listed.stderr)
        assert b"private.jpg" not in listed.stdout
        assert _state(library, outside) == before, seed
