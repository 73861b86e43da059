"""Which of a collection's files somebody moved into the folder of a collection that means an emotion. Changes nothing."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from organiser.core.collections.collection import Collection
from organiser.core.collections.placement import Placed, PlacementId, PlacementMode, State
from organiser.core.emotion import Emotion
from organiser.core.query.parse import parse
from organiser.core.query.terms import NONE, Alternative, Choice, Field
from organiser.errors import OrganiserError
from organiser.index.db.engine import reading
from organiser.index.tables import collections as saved
from organiser.index.tables.collections import SavedCollection
from organiser.jobs.services import Services
from organiser.placing.moved import find_moved, without_ambiguous


@dataclass(frozen=True, slots=True)
class MovedFile:
    """A file that lies in another collection now.

    Attributes:
        old, placed: whose it was, and how it was recorded there.
        new, destination: in whose folder it lies, and where below it.
        emotion: what a photo in `new` shows.
    """

    old: SavedCollection
    placed: Placed
    new: SavedCollection
    destination: str
    emotion: Emotion


def meaning(collection: Collection, now: datetime) -> Emotion | None:
    """Return the emotion that every photo of a collection shows by its query, or None when it may be any."""
    try:
        query = parse(collection.query, now)
    except OrganiserError:
        return None
    meant = {_emotion_of(terms) for terms in query.alternatives}
    return meant.pop() if len(meant) == 1 else None


def _emotion_of(terms: Alternative) -> Emotion | None:
    for term in terms:
        match term.test:
            case Choice(Field.EMOTION, (only,)) if only != NONE and not term.negated:
                return Emotion(only)
    return None


def find(services: Services, old: SavedCollection, observed: Sequence[Placed]) -> dict[PlacementId, MovedFile]:
    """Return those of a collection's missing files that lie in exactly one other collection that means an emotion."""
    missing = [item for item in observed if item.state is State.MISSING and item.made.mode is not PlacementMode.TAG]
    folder = old.collection.target
    if not missing or folder is None or not os.path.isdir(folder):
        return {}
    device = os.stat(folder).st_dev
    with reading(services.engine) as tx:
        others = [(each, saved.placements_of(tx, each.id)) for each in saved.every(tx) if each.id != old.id]
    by_id = {placed.placement_id: placed for placed in missing}
    found: list[dict[PlacementId, MovedFile]] = []
    for new, rows in others:
        emotion = meaning(new.collection, services.local_time())
        if emotion is None or new.collection.target is None or new.collection.mode is PlacementMode.TAG:
            continue
        known = {row.destination for row in rows}
        places = find_moved(new.collection.target, missing, device, known)
        found.append({key: MovedFile(old, by_id[key], new, path, emotion) for key, path in places.items()})
    unclear = without_ambiguous(found)
    return {key: moved for places in found for key, moved in places.items() if key not in unclear}
