"""The identify step: the pictures of new and changed files are digested, which says which photo each file shows.

The same reading gives the keywords and stars that other programs wrote into them; their sidecars are read beside.

Files are in hand as photos are in the detect step: one that ends or stops its process is found by its lease, and in the
end stands alone. No transaction is open while files are read.
"""

import os
from collections.abc import Iterable, Iterator

from organiser.core.labels import Labels
from organiser.core.photo import Failed, FailureKind, FileId, as_kept
from organiser.core.reconcile import FoundFile
from organiser.files.digest import Digested
from organiser.index.db.engine import writing
from organiser.index.tables import failures, labels, library
from organiser.index.tables.library import Located
from organiser.index.work import leases, pauses, scan_requests
from organiser.jobs.messages import Detect, Identify, reading_time
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import Services
from organiser.placing.metadata.keywords import read_labels
from organiser.regular_files import check_regular
from organiser.vision.decoding.source import failure

STAGE = "scan"

_CHUNK_BYTES = 256_000_000
"""Most bytes in one message, but for a single file that has more."""


def cut(
    sized: Iterable[tuple[FileId, int]], most: int, run_id: int | None = None, *, max_bytes: int, fresh: bool = False
) -> Iterator[Identify]:
    """Cut files, each with its size, into messages of at most `most` files and no more bytes than are soon read.

    Args:
        max_bytes: of a file that is read; a larger one is refused and takes no time, whatever size it claims.
    """
    chunk: list[FileId] = []
    total = 0
    for file_id, claimed in sized:
        size = claimed if claimed <= max_bytes else 0
        if chunk and (len(chunk) == most or total + size > _CHUNK_BYTES):
            yield Identify(tuple(chunk), run_id, fresh, total)
            chunk, total = [], 0
        chunk.append(file_id)
        total += size
    if chunk:
        yield Identify(tuple(chunk), run_id, fresh, total)


def identify(services: Services, message: Identify) -> Outcome:
    """Digest those of the message's files that are in nobody else's hands; follow-ups look at the photos they show."""
    mine = _claim(services, message)
    if not mine:
        return outcome()
    read = [(place, _read(services, place)) for place in mine]
    given = {
        place.file_id: _labels(services, place, found[1]) for place, found in read if not isinstance(found, Failed)
    }
    now = services.clock()
    with writing(services.engine) as tx:
        there = library.files_still_there(tx, [place.file_id for place in mine])
        read = [(place, result) for place, result in read if place.file_id in there]
        failed = [(None, place.file_id, result) for place, result in read if isinstance(result, Failed)]
        failures.record(tx, STAGE, failed, now)
        good = [(place, result) for place, result in read if not isinstance(result, Failed)]
        seen = [(place.file_id, stat, digested.digest) for place, (stat, digested) in good]
        found = set(library.identify(tx, seen, now))
        labels.record(tx, {place.file_id: given[place.file_id] for place, _ in good})
        failures.clear(tx, STAGE, file_ids=[place.file_id for place, _ in good])
        leases.release(tx, STAGE, [place.file_id for place in mine])
        if any(place.photo_id is not None for place, _ in good):
            scan_requests.request_placing(
                tx
            )  # such a file shows another picture now, perhaps one that is judged already
    photo_ids = tuple(sorted(found))
    follow = [Detect(photo_ids, message.run_id, message.fresh)] if photo_ids else []
    return outcome(follow, identified=len(good), unreadable=len(failed))


def _claim(services: Services, message: Identify) -> list[Located]:
    now, seconds = services.clock(), services.jobs.lease + reading_time(message)
    with writing(services.engine) as tx:
        if pauses.stopped(tx, STAGE, message.run_id):
            return []
        there = library.files_still_there(tx, message.file_ids)
        mine = leases.claim(tx, STAGE, sorted(there), services.owner(), now, seconds)
        places = library.locate(tx, mine)
        suspects = leases.tried_before(tx, STAGE, mine)
    for place in places:
        if place.file_id in suspects:
            _take_as_seen(services, place)
    return places


def _take_as_seen(services: Services, place: Located) -> None:
    """Have the row tell of a suspect what lies there now, its photo unknown.

    Should it be quarantined, scans would find it changed otherwise, each of them, and have it tried again.
    """
    try:
        found = _found(services.here(place.path), place.relpath)
    except OSError:
        return  # reading it will tell
    if (found.size, found.mtime_ns) != (place.size, place.mtime_ns):
        with writing(services.engine) as tx:
            library.mark_unknown(tx, place.file_id, found)


def _labels(services: Services, place: Located, digested: Digested) -> Labels:
    return read_labels(services.here(place.path), digested.xmp, digested.words)


def _read(services: Services, place: Located) -> tuple[FoundFile, Digested] | Failed:
    """Return a file's stat and digest that belong together, or why there are none."""
    path = services.here(place.path)
    try:
        before = _found(path, place.relpath, services.detect.max_bytes)
        digested = services.digest(path)
        after = _found(path, place.relpath)
    except FileNotFoundError:
        return Failed(FailureKind.VANISHED, "the file went away while it was scanned")
    except OSError as error:
        return failure(error)
    except MemoryError:
        return Failed(FailureKind.MACHINE, "not enough memory to read this file")
    if (before.size, before.mtime_ns) != (after.size, after.mtime_ns):
        return Failed(FailureKind.VANISHED, "the file changed while it was read")
    return after, digested


def _found(path: str, relpath: str, max_bytes: int | None = None) -> FoundFile:
    """Return the stat of a regular file; OSError when it is another kind of file or has more than `max_bytes`."""
    stat = os.stat(path)
    check_regular(path, stat, max_bytes)
    return FoundFile(relpath, stat.st_size, as_kept(stat.st_mtime_ns), stat.st_dev, stat.st_ino)
