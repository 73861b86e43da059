"""What follows a message beyond its own step: new verdicts and moved files bring collections up to date.

Filling collections asks each query anew, so a bulk run does it every so often and fresh photos do it at once.
"""

from organiser.core.photo import PhotoId
from organiser.index import activity, control, flags
from organiser.index.engine import reading, writing
from organiser.jobs.messages import Judge, Look, Message, Place, ScanRoot
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services

_PLACED = "placed_up_to"
_MOVED = ("moved", "missing", "returned")


def placing_after(message: Message, done: Outcome) -> tuple[Place, ...]:
    """Return what brings collections up to date at once after a fresh message, or nothing."""
    if not message.fresh:
        return ()
    photo_ids: tuple[PhotoId, ...] | None = None
    match message:
        case Look(photo_ids=ids) | Judge(photo_ids=ids) if done.counts["judged"]:
            photo_ids = ids
        case ScanRoot() if any(done.counts[word] for word in _MOVED):
            photo_ids = None
        case _:
            return ()
    return (Place(photo_ids, message.run_id, fresh=True),)


def placing_now_and_then(services: Services) -> tuple[Place, ...]:
    """Return what brings collections up to date if verdicts were given since this was last asked, or nothing."""
    with reading(services.engine) as tx:
        newest = activity.newest_verdict(tx)
        before = float(flags.get(tx, _PLACED) or 0.0)
        paused = control.stopped(tx, "place")
    if newest is None or newest <= before or paused:
        return ()
    with writing(services.engine) as tx:
        flags.put(tx, _PLACED, repr(newest))
    return (Place(),)
