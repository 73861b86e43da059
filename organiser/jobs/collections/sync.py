"""One collection brought in line with its query: ask, observe, plan, apply. The caller holds the placers' lock."""

import os
from collections import Counter
from collections.abc import Collection as Container
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from organiser.core.chunks import chunks
from organiser.core.collections.collection import (
    Choices,
    Collection,
    Plan,
    Wanted,
    Why,
    decided,
    is_valid_name,
    plan_placements,
)
from organiser.core.collections.layout import Naming
from organiser.core.collections.placement import (
    Create,
    Forget,
    Medium,
    Move,
    Placed,
    PlacementMode,
    Region,
    Remove,
    Replace,
    State,
    Step,
    Tag,
    TagAdd,
    TagRemove,
)
from organiser.core.emotion import top
from organiser.core.photo import PhotoId
from organiser.core.query.parse import parse
from organiser.errors import OrganiserError, Permanent
from organiser.files.digest import picture_digest
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.search import find
from organiser.index.tables import collections as saved
from organiser.index.tables import identity, library, results, roots
from organiser.index.tables.collections import SavedCollection
from organiser.index.views import placeable
from organiser.index.views.placeable import PresentFile
from organiser.jobs.collections import moved
from organiser.jobs.collections.journal import IndexJournal
from organiser.jobs.collections.lock import kept
from organiser.jobs.collections.progress import Progress, Stopped, counting, unseen
from organiser.jobs.outcome import Outcome, outcome
from organiser.jobs.services import Services
from organiser.jobs.steps.classify import judgeable
from organiser.placing.apply import apply
from organiser.placing.context import Done, ExecutionContext
from organiser.placing.disk.capabilities import probe
from organiser.placing.disk.target import Target
from organiser.placing.encoding import decode_placed
from organiser.placing.metadata.embedded import EmbeddedWriter
from organiser.placing.metadata.sidecar import SidecarWriter
from organiser.placing.metadata.writer import Writers
from organiser.placing.observe import observe

NOT_PLACED = "not_placed"
"""The word under which an outcome counts what could not be done."""

_WORDS: Mapping[type[Step], str] = {
    Create: "placed",
    Replace: "placed",
    Move: "renamed",
    Remove: "removed",
    Forget: "forgotten",
    TagAdd: "tagged",
    TagRemove: "untagged",
}

_WHY: Mapping[Why, str] = {
    Why.EDITED: "someone changed it",
    Why.LAST_COPY: "it may be the last copy; scan its original again, or delete it yourself",
    Why.UNREADABLE: "it cannot be read",
    Why.MOVED: "somebody moved it to another collection; `organiser collections status` offers that as a correction",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a collection should hold against what it holds; `established` when files of it lie in its target already."""

    plan: Plan
    established: bool


def compare(
    services: Services,
    saved_collection: SavedCollection,
    inspected: Container[PhotoId] | None = None,
    *,
    empty: bool = False,
) -> Difference:
    """Work out what would bring a collection in line; changes nothing, hence also the dry run.

    Args:
        inspected: photos whose placements are checked on disk; None for all. Others count as they are recorded.
        empty: want nothing, to take the collection away.

    Raises:
        QueryError, LayoutError: the collection's own.
    """
    collection = saved_collection.collection
    now = services.local_time()
    with reading(services.engine) as tx:
        chosen = [] if empty else _wanted(tx, services, collection, now)
        placed_here = recorded(tx, services, saved_collection.id)
    checked = placed_here if inspected is None else [placed for placed in placed_here if placed.photo_id in inspected]
    found = {placed.placement_id: placed for placed in observe(collection.target, checked, writers())}
    for key in {} if empty else moved.find(services, saved_collection, list(found.values())):
        found[key] = replace(found[key], state=State.MOVED)
    actual = [found.get(placed.placement_id, placed) for placed in placed_here]
    in_folder = any(placed.made.mode is not PlacementMode.TAG for placed in placed_here)
    plan = plan_placements(collection, chosen, actual, _naming(collection.target))
    return Difference(plan, in_folder)


def sync(
    services: Services,
    collection: SavedCollection,
    run_id: int,
    inspected: Container[PhotoId] | None = None,
    *,
    empty: bool = False,
    recreate: bool = False,
    choices: Choices | None = None,
    progress: Progress = unseen,
) -> Outcome:
    """Bring a collection in line; what cannot be done comes back in the notes.

    Args:
        recreate: make the target anew when it is gone, or has lost its marker, though files were placed there.
        choices: what a person decided about what would be taken away or left.
        progress: told of each step; when it raises Stopped the rest is left to the next sync.
    """
    try:
        if not empty:
            require_valid_name(collection.collection)
        difference = compare(services, collection, inspected, empty=empty)
        if recreate:
            difference = replace(difference, established=False)
        if choices is not None:
            difference = replace(difference, plan=decided(difference.plan, choices))
        return _carry_out(services, collection, run_id, difference, progress)
    except OrganiserError as error:
        return outcome(notes=[describe_failure(collection, error)], not_placed=1)


def require_valid_name(collection: Collection) -> None:
    """Make sure that a collection's name can be said and written.

    Raises:
        Permanent: it is empty, or holds control characters or line breaks.
    """
    if not is_valid_name(collection.name):
        hint = "give it another: organiser collections edit OLD --name NEW"
        raise Permanent(
            f"{collection.name!r} is no name for a collection: it is empty or holds control characters", hint
        )


def describe_failure(collection: SavedCollection, error: OrganiserError) -> str:
    """Return what could not be done in a collection, why, and what to do about it, as one line."""
    name = collection.collection.name if is_valid_name(collection.collection.name) else repr(collection.collection.name)
    return f"{name}: {error}" + (f"; {error.hint}" if error.hint else "")


def withdraw_photos(
    services: Services, collection: SavedCollection, run_id: int, photo_ids: Container[PhotoId]
) -> Outcome:
    """Take what a collection holds of these photos away; a last copy stays and is told."""
    with reading(services.engine) as tx:
        placed_here = [placed for placed in recorded(tx, services, collection.id) if placed.photo_id in photo_ids]
    actual = list(observe(collection.collection.target, placed_here, writers()))
    plan = plan_placements(collection.collection, [], actual)
    in_folder = any(placed.made.mode is not PlacementMode.TAG for placed in placed_here)
    try:
        return _carry_out(services, collection, run_id, Difference(plan, in_folder))
    except OrganiserError as error:
        return outcome(notes=[describe_failure(collection, error)], not_placed=1)


def _carry_out(
    services: Services,
    collection: SavedCollection,
    run_id: int,
    difference: Difference,
    progress: Progress = unseen,
) -> Outcome:
    name = collection.collection.name
    counts: Counter[str] = Counter()
    notes = [f"{name}: {placed.destination} is left as it is: {_WHY[why]}" for placed, why in difference.plan.kept]
    target = collection.collection.target
    if not difference.plan.empty or (target is not None and not os.path.isdir(target)):
        context = context_of(services, collection.collection, established=difference.established)
        steps = difference.plan.steps
        context = replace(context, checkpoint=counting(context.checkpoint, "built", len(steps), progress))
        not_done: Counter[str] = Counter()
        try:
            for came in apply(steps, IndexJournal(services, run_id, collection.id), context):
                if isinstance(came, Done):
                    counts[_WORDS[type(came.step)]] += 1
                else:
                    counts[NOT_PLACED] += 1
                    not_done[describe_failure(collection, came.error)] += 1
        except Stopped as stopped:
            notes.append(f"{name}: {stopped}; the next sync goes on from here")
        notes += [line if count == 1 else f"{line} ({count:,} photos)" for line, count in not_done.items()]
    return Outcome(counts=counts, notes=tuple(notes))


def writers() -> Writers:
    """Return who reads and writes tags, by medium."""
    return {Medium.SIDECAR: SidecarWriter(), Medium.EMBEDDED: EmbeddedWriter(_same_picture)}


def _same_picture(path: Path, other: Path) -> bool:
    return picture_digest(path) == picture_digest(other)


def context_of(services: Services, collection: Collection, *, established: bool) -> ExecutionContext:
    """Open where a collection's steps are carried out.

    Raises:
        PlacingError: the target cannot be made, or has lost the marker of an established collection.
        Busy: the placers' lock ran out and another process has it.
    """
    folder = collection.target
    medium = Medium.EMBEDDED if services.tags.embed else Medium.SIDECAR
    if folder is None or (collection.mode is PlacementMode.TAG and not established):
        return ExecutionContext(writers(), medium=medium, checkpoint=kept(services))
    home = home_of(services)
    target = Target(folder, collection.name, home=home, established=established, roots=folders_of(services))
    return ExecutionContext(writers(), target, medium, checkpoint=kept(services))


def home_of(services: Services) -> str:
    """Return the id that the markers of our collections bear."""
    with reading(services.engine) as tx:
        known = identity.home_id(tx)
    if known is not None:
        return known
    with writing(services.engine) as tx:
        return identity.draw_home_id(tx)


def folders_of(services: Services) -> list[str]:
    """Return every root, as this host mounts it."""
    with reading(services.engine) as tx:
        return [services.here(root.path) for root in roots.every(tx)]


def _naming(target: str | None) -> Naming:
    return probe(target).naming if target is not None and os.path.isdir(target) else Naming()


def _wanted(tx: Transaction, services: Services, collection: Collection, now: datetime) -> list[Wanted]:
    ids = list(find.photo_ids(tx, parse(collection.query, now)))
    chosen = placeable.present_files(tx, ids)
    if collection.mode is not PlacementMode.TAG:
        return [_want(services, file) for file in chosen]
    regions = _regions(tx, services, ids) if services.tags.regions else {}
    return [_want(services, file, _tag(collection, file, regions.get(file.photo_id, ()))) for file in chosen]


def _tag(collection: Collection, file: PresentFile, regions: tuple[Region, ...]) -> Tag:
    size = (file.width, file.height) if file.width and file.height else None
    confidence = None if file.confidence is None else round(file.confidence, 2)
    return Tag(collection.name, confidence, file.model, regions, size)


def _regions(tx: Transaction, services: Services, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, tuple[Region, ...]]:
    """Return, by photo, its judged faces and what each most likely shows."""
    model = services.model()
    found: dict[PhotoId, tuple[Region, ...]] = {}
    for batch in chunks(photo_ids):
        placed_here = results.predictions_of(tx, model.id, batch)
        for face in judgeable(model, results.faces_of(tx, batch)):
            if face.subject == "face" and face.id in placed_here:
                region = Region(face.box, top(placed_here[face.id])[0])
                found[face.photo_id] = (*found.get(face.photo_id, ()), region)
    return found


def _want(services: Services, file: PresentFile, tag: Tag | None = None) -> Wanted:
    return Wanted(
        photo_id=file.photo_id,
        root=services.here(file.root),
        relpath=file.relpath,
        digest=file.digest,
        size=file.size,
        mtime_ns=file.mtime_ns,
        taken=file.taken,
        emotion=file.emotion,
        camera=file.camera,
        tag=tag,
    )


def recorded(tx: Transaction, services: Services, collection_id: int) -> list[Placed]:
    """Return a collection's placements as recorded, each with a file that stands for its photo now."""
    rows = saved.placements_of(tx, collection_id)
    sources = _sources(tx, services, [row.photo_id for row in rows])
    found = []
    for row in rows:
        origin = row.details.get("source")
        standing = sources.get(row.photo_id) or (origin if origin and os.path.isfile(origin) else None)
        found.append(decode_placed(row.id, row.photo_id, row.destination, row.mode, row.details, standing))
    return found


def _sources(tx: Transaction, services: Services, photo_ids: list[PhotoId]) -> dict[PhotoId, str]:
    """Return, by photo, a file that is there now and shows it."""
    found: dict[PhotoId, str] = {}
    for part in chunks(photo_ids):
        for photo_id, places in library.present_files(tx, part).items():
            paths = (services.here(place.path) for place in places)
            standing = next((path for path in paths if os.path.isfile(path)), None)
            if standing is not None:
                found[photo_id] = standing
    return found
