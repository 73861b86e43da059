"""What follows a message beyond its own step: new verdicts and moved files bring collections up to date.

Filling collections asks each query anew, so a bulk run does it every so often and fresh photos do it at once. That it
is to be done stands in the index: these messages only say when.
"""

from organiser.core.photo import PhotoId
from organiser.index.db.engine import reading
from organiser.index.work import leases, pauses, scan_requests
from organiser.jobs.collections import lock
from organiser.jobs.messages import Detect, Identify, Judge, Message, Place, ScanRoot
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.pending import is_due

_MOVED = ("moved", "missing", "returned")


def placing_after(message: Message, done: Outcome) -> tuple[Place, ...]:
    """Return what brings collections up to date at once after a fresh message, or nothing."""
    if not message.fresh:
        return ()
    photo_ids: tuple[PhotoId, ...] | None = None
    match message:
        case Detect(photo_ids=ids) | Judge(photo_ids=ids) if done.counts["judged"]:
            photo_ids = ids
        case Identify() if done.counts["judged"]:
            photo_ids = done.photo_ids
        case ScanRoot() if any(done.counts[word] for word in _MOVED):
            photo_ids = None
        case _:
            return ()
    return (Place(photo_ids, message.run_id, fresh=True),)


def placing_at_the_end(services: Services, message: Message, done: Outcome) -> tuple[Place, ...]:
    """Return what fills the collections once a bulk of photos is done, after the message that judged the last of them.

    Looking after the queue would do it too, up to half a minute later; a first library is waited for.
    """
    if message.fresh or not isinstance(message, Detect | Judge) or not done.counts["judged"]:
        return ()
    return () if _is_at_work(services) else placing_requested(services)


def _is_at_work(services: Services) -> bool:
    """Whether anybody holds photos or files, or any are due."""
    with reading(services.engine) as tx:
        held = leases.owners(tx)
    return bool(held) or is_due(services, paused=True)


def placing_requested(services: Services) -> tuple[Place, ...]:
    """Return what brings collections up to date if that is asked for and nobody is at it, or nothing."""
    with reading(services.engine) as tx:
        wanted = scan_requests.placing(tx) and not pauses.stopped(tx, "place")
    return (Place(),) if wanted and not lock.is_busy(services) else ()
