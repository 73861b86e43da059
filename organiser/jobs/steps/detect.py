"""The detect step: photos to faces and canonical crops, classified in the same pass where this process judges too.

No transaction is open while pictures are decoded. A bad picture is a `Failed` recorded beside its neighbours' results.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from organiser.core.library.capture_date import NamedFile, dated
from organiser.core.photo import Detected, Failed, FailureKind, FileId, PhotoId, as_kept
from organiser.errors import OrganiserError
from organiser.index.db.engine import writing
from organiser.index.tables import failures, library, results
from organiser.index.tables.library import Located
from organiser.index.work import due, leases, pauses
from organiser.jobs.messages import Detect, Judge
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import Services
from organiser.jobs.steps import classify
from organiser.jobs.steps.classify import Classified
from organiser.vision import pipeline

STAGE = "detect"


Contents = Mapping[FileId, bytes]
"""What files hold that were read just now, by file."""


def detect(services: Services, message: Detect, contents: Contents = MappingProxyType({})) -> Outcome:
    """Look at those of the message's photos that are due and in nobody else's hands.

    Args:
        contents: what need not be read again.

    Raises:
        Transient: this process judges too, and the model is not on this host.
    """
    if services.jobs.judge_while_detecting:
        services.model()  # before anything is claimed or decoded in vain
    mine = _claim(services, message)
    if not mine:
        return outcome()
    found = {photo_id: _detect_one(services, located, contents) for photo_id, located in mine.items()}
    classified = classify.classify_seen(services, found) if services.jobs.judge_while_detecting else None
    done = _record(services, found, classified)
    seen = [photo_id for photo_id, item in found.items() if isinstance(item, Detected)]
    follow = [] if classified or not seen else [Judge(tuple(seen), message.run_id, message.fresh)]
    return Outcome(tuple(follow), done.counts)


def _claim(services: Services, message: Detect) -> dict[PhotoId, list[Located]]:
    now, photo_ids = services.clock(), message.photo_ids
    with writing(services.engine) as tx:
        if pauses.stopped(tx, STAGE, message.run_id):
            return {}
        wanted = due.to_detect(tx, services.detector_fingerprint, now, among=photo_ids, limit=len(photo_ids))
        mine = leases.claim(tx, STAGE, wanted, services.owner(), now, services.jobs.lease)
        return library.present_files(tx, mine)


def _detect_one(services: Services, places: Sequence[Located], contents: Contents) -> Detected | Failed:
    """Look at the first of a photo's files that was read just now, or that is still the file the scan saw."""
    for place in places:
        if place.file_id in contents:
            return _dated(_guarded(services, contents[place.file_id]), places)
    failed = Failed(FailureKind.VANISHED, "no file of this photo is where it was")
    for place in places:
        path = services.here(place.path)
        if not _unchanged(path, place):
            failed = Failed(FailureKind.VANISHED, "the file changed or went away after it was scanned")
            continue
        found = _guarded(services, path)
        if isinstance(found, Detected) and not _unchanged(path, place):
            failed = Failed(FailureKind.VANISHED, "the file changed while it was read")
        elif isinstance(found, Detected):
            return _dated(found, places)
        elif not found.kind.transient:
            return found
        else:
            failed = found
    return failed


def _dated(found: Detected | Failed, places: Sequence[Located]) -> Detected | Failed:
    """Give a photo that does not say when it was taken the date that its files tell of."""
    if isinstance(found, Failed):
        return found
    return replace(found, capture=dated(found.capture, [_named(place) for place in places]))


def _named(place: Located) -> NamedFile:
    modified = datetime.fromtimestamp(place.mtime_ns / 1e9)  # noqa: DTZ006 dates of photos are local wall-clock times
    return NamedFile(os.path.basename(place.relpath), modified.replace(microsecond=0))


def _guarded(services: Services, file: str | bytes) -> Detected | Failed:
    """Look at a file by path or content; whatever a native decoder or network raises is that picture's own failure."""
    try:
        if isinstance(file, bytes):
            return pipeline.detect_content(file, services.detector(), services.detect)
        return pipeline.detect(file, services.detector(), services.detect)
    except OrganiserError:
        raise
    except Exception as error:  # noqa: BLE001 libraries for two dozen formats raise what they like
        return Failed(FailureKind.CORRUPT, f"{type(error).__name__}: {error}")


def _unchanged(path: str, place: Located) -> bool:
    try:
        stat = os.stat(path)
    except OSError:
        return False
    return (stat.st_size, as_kept(stat.st_mtime_ns)) == (place.size, place.mtime_ns)


def _record(services: Services, found: Mapping[PhotoId, Detected | Failed], classified: Classified | None) -> Outcome:
    """Record everything of a chunk in one commit; transient failures get no detection row, so they stay due.

    A photo that was forgotten while it was looked at stays so.
    """
    now = services.clock()
    with writing(services.engine) as tx:
        there = library.still_there(tx, list(found))
        found = {photo_id: item for photo_id, item in found.items() if photo_id in there}
        lasting = {key: item for key, item in found.items() if not (isinstance(item, Failed) and item.kind.transient)}
        failed = [(photo_id, None, item) for photo_id, item in found.items() if isinstance(item, Failed)]
        faces = results.record_detections(
            tx, services.detector_fingerprint, lasting, now, keep_crops=services.jobs.keep_crops
        )
        seen = [photo_id for photo_id, item in found.items() if isinstance(item, Detected)]
        for stage in (STAGE, "judge"):  # there are new crops to judge
            failures.clear(tx, stage, photo_ids=seen)
        failures.record(tx, STAGE, failed, now)
        judged = classify.record_classified(tx, services, faces, classified.of(there), now) if classified else 0
        leases.release(tx, STAGE, list(found))
    count = sum(1 for face in faces if face.subject == "face")
    return outcome(detected=len(lasting) - _permanent(found), faces=count, failed=len(failed), judged=judged)


def _permanent(found: Mapping[PhotoId, Detected | Failed]) -> int:
    return sum(1 for result in found.values() if isinstance(result, Failed) and not result.kind.transient)
