"""Photos that somebody moved from one collection's folder into another's, offered as corrections. Never taken by itself."""

import os
from collections.abc import Sequence
from dataclasses import replace

from organiser.core.collections.placement import PlacementMode, State
from organiser.core.photo import PhotoId
from organiser.errors import PlacingError
from organiser.index.db.engine import reading, writing
from organiser.index.tables import collections as saved
from organiser.jobs.collections import moved
from organiser.jobs.collections.lock import check, placing_alone
from organiser.jobs.collections.moved import MovedFile
from organiser.jobs.collections.sync import recorded, writers
from organiser.jobs.corrections.correct import Saying, record
from organiser.jobs.messages import Place
from organiser.jobs.outcome import Outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.place import place, recover_placing
from organiser.placing.disk.operations import stamp_at
from organiser.placing.disk.within import spot_in
from organiser.placing.encoding import encode_details
from organiser.placing.journal import Record
from organiser.placing.observe import observe, state_at


def offers(services: Services) -> list[MovedFile]:
    """Return every file that lies in another collection's folder than it was placed in; changes nothing."""
    with reading(services.engine) as tx:
        every = [(each, recorded(tx, services, each.id)) for each in saved.every(tx)]
    found: list[MovedFile] = []
    for collection, placed_here in every:
        files = [placed for placed in placed_here if placed.made.mode is not PlacementMode.TAG]
        found += moved.find(
            services, collection, list(observe(collection.collection.target, files, writers()))
        ).values()
    return sorted(found, key=lambda item: (item.new.collection.name, item.destination))


def accept(services: Services, taken: Sequence[MovedFile], who: str) -> Outcome:
    """Record that these photos show what their new collections mean, and let each file belong to where it lies.

    A file that is not there any more, or is not ours any more, is passed over.

    Raises:
        Busy: another process is filling the collections.
    """
    with placing_alone(services):
        notes = recover_placing(services)
        still = [item for item in taken if _record_at(item) is not None]
        for emotion in sorted({item.emotion for item in still}):
            record(services, [item.placed.photo_id for item in still if item.emotion is emotion], Saying(emotion), who)
        for item in still:
            _adopt(services, item)
    photo_ids: tuple[PhotoId, ...] = tuple(item.placed.photo_id for item in still)
    done = place(services, Place(photo_ids)) if photo_ids else Outcome()
    done.counts["corrections"] = len(still)
    return replace(done, notes=(*notes, *done.notes))


def _adopt(services: Services, item: MovedFile) -> None:
    """Have the index say where the file lies now; the file itself is not touched."""
    now_there = _record_at(item)
    if now_there is None:
        return
    with writing(services.engine) as tx:
        check(tx)
        saved.put_placements(tx, item.old.id, {item.placed.destination: None}, services.clock())
        details = now_there.photo_id, now_there.made.mode, encode_details(now_there)
        saved.put_placements(tx, item.new.id, {item.destination: details}, services.clock())


def _record_at(item: MovedFile) -> Record | None:
    """Return the placement that a moved file is in its new folder; None when it is not, or not ours any more."""
    placed, folder = item.placed, item.new.collection.target
    try:
        with spot_in(folder or "", item.destination) as spot:
            if spot is None or state_at(spot, placed.made, placed.source) is not State.INTACT:
                return None
            before = placed.made.stamp
            made = replace(placed.made, stamp=stamp_at(spot, None if before is None else before.digest))
    except (OSError, PlacingError):
        return None
    return Record(placed.photo_id, item.destination, made, None, placed.source)


def old_path(item: MovedFile) -> str:
    """Return the absolute path where the file was placed."""
    return os.path.join(item.old.collection.target or "", item.placed.destination)
