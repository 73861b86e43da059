"""A scan that is killed with all its processes, at any moment and again and again, ends as one that never was."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.faults.rounds import rounds
from tests.workers.service_process import draw, environment_of

_PHOTOS = 40


def _command(library: Path, collections: Path) -> list[str]:
    words = ["scan", str(library), "--collect", str(collections), "--workers", "2"]
    return [sys.executable, "-m", "organiser", *words]


def _rows(home: Path) -> list[tuple[object, ...]]:
    query = """
        SELECT f.relpath, p.digest, v.emotion, v.reason, v.confidence, v.faces
        FROM files f JOIN photos p ON p.id = f.photo_id JOIN verdicts v ON v.photo_id = p.id ORDER BY f.relpath
    """
    with closing(sqlite3.connect(home / "index.db")) as index:
        return index.execute(query).fetchall()


def _placed(collections: Path) -> dict[str, bytes]:
    return {str(path.relative_to(collections)): path.read_bytes() for path in collections.glob("*/*.jpg")}


def test_a_scan_killed_at_any_moment_ends_as_one_that_was_not(folder: Path) -> None:
    draw(folder / "library", _PHOTOS)
    before = {path: path.read_bytes() for path in (folder / "library").iterdir()}
    calm, killed = folder / "calm", folder / "killed"
    subprocess.run(_command(folder / "library", folder / "a"), env=environment_of(calm, ""), check=True)
    chance = random.Random(11)
    for _ in range(rounds(5)):
        command = _command(folder / "library", folder / "b")
        with subprocess.Popen(command, env=environment_of(killed, ""), start_new_session=True) as scan:
            try:
                scan.wait(chance.uniform(0.5, 6.0))
            except subprocess.TimeoutExpired:
                os.killpg(scan.pid, signal.SIGKILL)
    subprocess.run(_command(folder / "library", folder / "b"), env=environment_of(killed, ""), check=True)
    assert len(_rows(calm)) == _PHOTOS
    assert _rows(killed) == _rows(calm)
    assert _placed(folder / "b") == _placed(folder / "a")
    assert {path: path.read_bytes() for path in (folder / "library").iterdir()} == before
