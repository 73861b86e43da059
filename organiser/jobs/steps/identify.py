"""The identify step: the pictures of new and changed files are digested, which says which photo each file shows.

Each file is read once: what it holds goes on to the detect step in this process, for the photos that are new. That is
the detect step as ever, with leases of its own, taken once it is recorded which photos the files show.

The same reading gives the keywords and stars that other programs wrote into them; their sidecars are read beside.

Files are in progress as photos are in the detect step: one that ends or stops its process is found by its lease, and in the
end stands alone. No transaction is open while files are read.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from organiser.core.library.labels import Labels
from organiser.core.library.reconcile import FoundFile
from organiser.core.photo import Failed, FailureKind, FileId, PhotoId, as_kept
from organiser.errors import Transient
from organiser.files.digest import Digested
from organiser.index.db.engine import writing
from organiser.index.tables import failures, labels, library
from organiser.index.tables.library import Located
from organiser.index.work import leases, pauses, scan_requests
from organiser.jobs.messages import Detect, Identify, reading_time
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.detect import STAGE as DETECT_STAGE
from organiser.jobs.steps.detect import detect
from organiser.placing.metadata.keywords import read_labels
from organiser.regular_files import check_regular, read_regular
from organiser.vision.decoding.source import failure

STAGE = "scan"

_CHUNK_BYTES = 256_000_000
"""Most bytes in one message, but for a single file that has more."""

_KEPT_BYTES = 100_000_000
"""Most bytes of files that are kept in memory until their faces are found, but for a single file that has more."""


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
    """Digest those of the message's files that are in nobody else's hands, and find the faces of those that are new.

    Where this process is not to do so, follow-ups look at the photos they show.
    """
    mine = _claim(services, message)
    done = [_identify_some(services, message, places) for places in _portions(mine)]
    counts: Counter[str] = sum((part.counts for part in done), Counter())
    return Outcome(
        tuple(follow for part in done for follow in part.messages),
        counts,
        photo_ids=tuple(photo_id for part in done for photo_id in part.photo_ids),
    )


def _portions(places: Sequence[Located]) -> Iterator[list[Located]]:
    """Cut files into portions whose contents are kept in memory together."""
    portion: list[Located] = []
    total = 0
    for place in places:
        if portion and total + place.size > _KEPT_BYTES:
            yield portion
            portion, total = [], 0
        portion.append(place)
        total += place.size
    if portion:
        yield portion


def _identify_some(services: Services, message: Identify, mine: Sequence[Located]) -> Outcome:
    read = [(place, _read(services, place)) for place in mine]
    photo_ids, counts = _record(services, mine, read)
    if not photo_ids:
        return Outcome(counts=counts)
    follow = Detect(photo_ids, message.run_id, message.fresh)
    if not services.jobs.detect_while_identifying:
        return Outcome((follow,), counts)
    contents = {place.file_id: result.content for place, result in read if not isinstance(result, Failed)}
    read.clear()
    try:
        seen = detect(services, follow, contents)
    except Transient:
        # The machine failed, or the model has not come to this host yet. What was identified is recorded: only the detect
        # step is to be tried again.
        with writing(services.engine) as tx:
            leases.release_of(tx, services.owner(), DETECT_STAGE)
        return Outcome((follow,), counts)
    return Outcome(seen.messages, counts + seen.counts, photo_ids=photo_ids)


def _record(
    services: Services, mine: Sequence[Located], read: Sequence[tuple[Located, "_Read | Failed"]]
) -> tuple[tuple[PhotoId, ...], Counter[str]]:
    """Record which photos the files show in one commit; return these photos, and counts."""
    given = {
        place.file_id: _labels(services, place, result.digested)
        for place, result in read
        if not isinstance(result, Failed)
    }
    now = services.clock()
    with writing(services.engine) as tx:
        there = library.files_still_there(tx, [place.file_id for place in mine])
        read = [(place, result) for place, result in read if place.file_id in there]
        failed = [(None, place.file_id, result) for place, result in read if isinstance(result, Failed)]
        failures.record(tx, STAGE, failed, now)
        good = [(place, result) for place, result in read if not isinstance(result, Failed)]
        rows = [(place.file_id, result.file, result.digested.digest) for place, result in good]
        found = set(library.identify(tx, rows, now))
        labels.record(tx, {place.file_id: given[place.file_id] for place, _ in good})
        failures.clear(tx, STAGE, file_ids=[place.file_id for place, _ in good])
        leases.release(tx, STAGE, [place.file_id for place in mine])
        if any(place.photo_id is not None for place, _ in good):
            # Such a file shows another picture now, perhaps one that is judged already.
            scan_requests.request_placing(tx)
    return tuple(sorted(found)), outcome(identified=len(good), unreadable=len(failed)).counts


def _claim(services: Services, message: Identify) -> list[Located]:
    now, seconds = services.clock(), services.jobs.lease + reading_time(message)
    with writing(services.engine) as tx:
        if pauses.stopped(tx, STAGE, message.run_id):
            return []
        there = library.unread(tx, message.file_ids)
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


class _Read(NamedTuple):
    """A file as it was read: stat, digest of its picture and content belong together."""

    file: FoundFile
    digested: Digested
    content: bytes


def _read(services: Services, place: Located) -> _Read | Failed:
    """Return what a file holds, or why it cannot be had."""
    path = services.here(place.path)
    try:
        before = _found(path, place.relpath, services.detect.max_bytes)
        content = read_regular(path, services.detect.max_bytes)
        digested = services.digest(path, content)
        after = _found(path, place.relpath)
    except FileNotFoundError:
        return Failed(FailureKind.VANISHED, "the file went away while it was scanned")
    except OSError as error:
        return failure(error)
    except MemoryError:
        return Failed(FailureKind.MACHINE, "not enough memory to read this file")
    if (before.size, before.mtime_ns) != (after.size, after.mtime_ns):
        return Failed(FailureKind.VANISHED, "the file changed while it was read")
    return _Read(after, digested, content)


def _found(path: str, relpath: str, max_bytes: int | None = None) -> FoundFile:
    """Return the stat of a regular file; OSError when it is another kind of file or has more than `max_bytes`."""
    stat = os.stat(path)
    check_regular(path, stat, max_bytes)
    return FoundFile(relpath, stat.st_size, as_kept(stat.st_mtime_ns), stat.st_dev, stat.st_ino)
