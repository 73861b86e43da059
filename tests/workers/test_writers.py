"""Many processes write one SQLite index at once, and none of them ever hears that it is locked."""

import multiprocessing
import time

from organiser.core.library.reconcile import WHOLE, FoundFile
from organiser.core.photo import PhotoId
from organiser.index.db.engine import open_engine, reading, writing
from organiser.index.db.upgrade import upgrade
from organiser.index.tables import library, roots
from organiser.index.work import leases

_PROCESSES = 4
_SECONDS = 60.0


def _write(url: str, number: int, until: float) -> int:
    """Read, then write what was read on, as handlers do; return how often."""
    engine = open_engine(url)
    done = 0
    while time.time() < until:
        found = FoundFile(f"{number}/{done}.jpg", 1, done, 1, number * 10**6 + done)
        with writing(engine) as tx:
            root_id = roots.every(tx)[0].id
            (file_id,) = library.insert_files(tx, root_id, [found])
            (photo_id,) = library.identify(tx, [(file_id, found, f"{number:032}{done:032}")], time.time())
            leases.claim(tx, "detect", [photo_id], str(number), time.time(), 60.0)
        with writing(engine) as tx:
            leases.release(tx, "detect", [PhotoId(photo_id)])
        done += 1
    engine.dispose()
    return done


def test_four_processes_that_write_at_once_are_never_refused(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    with writing(engine) as tx:
        root_id = roots.add(tx, "/photos", time.time())
    until = time.time() + _SECONDS
    with multiprocessing.get_context("spawn").Pool(_PROCESSES) as pool:
        done = pool.starmap(_write, [(sqlite_url, number, until) for number in range(_PROCESSES)])
    with reading(engine) as tx:
        assert len(library.known_files(tx, root_id, WHOLE)) == sum(done)
        assert leases.owners(tx) == []
    engine.dispose()
    assert min(done) > 0
