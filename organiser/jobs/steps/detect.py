"""The look step: photos to faces and canonical crops, classified in the same pass where this process judges too.

No transaction is open while pictures are decoded. A bad picture is a `Failed` recorded beside its neighbours' results.
"""

import os
from collections.abc import Mapping, Sequence

from organiser.core.photo import Failed, FailureKind, Looked, PhotoId
from organiser.errors import OrganiserError
from organiser.index.db.engine import writing
from organiser.index.tables import failures, library, results
from organiser.index.tables.library import Located
from organiser.index.work import due, leases, pauses
from organiser.jobs.messages import Judge, Look
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import Services
from organiser.jobs.steps import classify
from organiser.jobs.steps.classify import Classified
from organiser.vision import pipeline

STAGE = "look"


def look(services: Services, message: Look) -> Outcome:
    """Look at those of the message's photos that are due and in nobody else's hands.

    Raises:
        Transient: this process judges too, and the model is not on this host.
    """
    if services.jobs.judges:
        services.model()  # before anything is claimed or decoded in vain
    mine = _claim(services, message)
    if not mine:
        return outcome()
    found = {photo_id: _look_at(services, located) for photo_id, located in mine.items()}
    classified = classify.classify_seen(services, found) if services.jobs.judges else None
    done = _record(services, found, classified)
    seen = [photo_id for photo_id, one in found.items() if isinstance(one, Looked)]
    follow = [] if classified or not seen else [Judge(tuple(seen), message.run_id, message.fresh)]
    return Outcome(tuple(follow), done.counts)


def _claim(services: Services, message: Look) -> dict[PhotoId, list[Located]]:
    now, photo_ids = services.clock(), message.photo_ids
    with writing(services.engine) as tx:
        if pauses.stopped(tx, STAGE, message.run_id):
            return {}
        wanted = due.to_look(tx, services.detector_fingerprint, now, among=photo_ids, limit=len(photo_ids))
        mine = leases.claim(tx, STAGE, wanted, services.owner(), now, services.jobs.lease)
        return library.present_files(tx, mine)


def _look_at(services: Services, places: Sequence[Located]) -> Looked | Failed:
    """Look at the first of a photo's files that is still the file the scan saw."""
    failed = Failed(FailureKind.VANISHED, "no file of this photo is where it was")
    for place in places:
        path = services.here(place.path)
        if not _unchanged(path, place):
            failed = Failed(FailureKind.VANISHED, "the file changed or went away after it was scanned")
            continue
        found = _guarded(services, path)
        if isinstance(found, Looked) and not _unchanged(path, place):
            failed = Failed(FailureKind.VANISHED, "the file changed while it was read")
        elif isinstance(found, Looked) or not found.kind.transient:
            return found
        else:
            failed = found
    return failed


def _guarded(services: Services, path: str) -> Looked | Failed:
    """Look at a file; whatever a native decoder or network raises is that picture's failure, not its neighbours'."""
    try:
        return pipeline.look(path, services.detector(), services.look)
    except OrganiserError:
        raise
    except Exception as error:  # noqa: BLE001 libraries for two dozen formats raise what they like
        return Failed(FailureKind.CORRUPT, f"{type(error).__name__}: {error}")


def _unchanged(path: str, place: Located) -> bool:
    try:
        stat = os.stat(path)
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (place.size, place.mtime_ns)


def _record(services: Services, found: Mapping[PhotoId, Looked | Failed], classified: Classified | None) -> Outcome:
    """Record everything of a chunk in one commit; transient failures get no look row, so they stay due.

    A photo that was forgotten while it was looked at stays so.
    """
    now = services.clock()
    with writing(services.engine) as tx:
        there = library.still_there(tx, list(found))
        found = {photo_id: one for photo_id, one in found.items() if photo_id in there}
        lasting = {key: one for key, one in found.items() if not (isinstance(one, Failed) and one.kind.transient)}
        failed = [(photo_id, None, one) for photo_id, one in found.items() if isinstance(one, Failed)]
        faces = results.record_looks(
            tx, services.detector_fingerprint, lasting, now, keep_crops=services.jobs.keep_crops
        )
        seen = [photo_id for photo_id, one in found.items() if isinstance(one, Looked)]
        for stage in (STAGE, "judge"):  # there are new crops to judge
            failures.clear(tx, stage, photo_ids=seen)
        failures.record(tx, STAGE, failed, now)
        judged = classify.record_classified(tx, services, faces, classified.of(there), now) if classified else 0
        leases.release(tx, STAGE, list(found))
    count = sum(1 for face in faces if face.subject == "face")
    return outcome(looked=len(lasting) - _permanent(found), faces=count, failed=len(failed), judged=judged)


def _permanent(found: Mapping[PhotoId, Looked | Failed]) -> int:
    return sum(1 for one in found.values() if isinstance(one, Failed) and not one.kind.transient)
