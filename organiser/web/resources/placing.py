"""What is done with a collection's folder or tags: the plan of a sync, sync, undo, verify, and taking it away.

All of it is what the commands do, under their lock, as tasks: `GET /api/events` tells how far they are.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.core.collections.collection import Choices
from organiser.core.collections.placement import Create, Remove, Step, TagAdd, TagRemove, ends_of
from organiser.index.db.engine import reading
from organiser.index.tables import collections as saved
from organiser.index.tables.collections import SavedCollection
from organiser.jobs.collections import manage
from organiser.jobs.collections.progress import Progress
from organiser.jobs.collections.sync import compare
from organiser.jobs.collections.undo import undo as take_back
from organiser.jobs.outcome import Outcome
from organiser.web.answers import Json, read_json
from organiser.web.resources.collections import collection_of
from organiser.web.site import Site, site_of

ORIGIN = "page"
"""How runs say that somebody at the page began them."""

_MOST_STEPS = 1000
_MOST_CHOICES = 1000


def plan(request: Request) -> Response:
    """`GET /api/collections/NAME/plan`: what a sync would do; changes nothing."""
    site, collection = site_of(request), collection_of(request)
    found = compare(site.services, collection).plan
    kept = [_of(placed) | {"destination": placed.destination, "why": why} for placed, why in found.kept]
    counts = Counter(_act(step) for step in found.steps)
    return Json({"counts": counts, "steps": [_told(step) for step in found.steps[:_MOST_STEPS]], "kept": kept})


async def sync(request: Request) -> Response:
    """`POST /api/collections/NAME/sync`: `{"keep": [...], "drop": [...], "recreate": false}`, all optional."""
    given = await read_json(request)
    site, collection = site_of(request), await run_in_threadpool(collection_of, request)
    choices = await run_in_threadpool(_choices, site, collection, given)
    recreate = given.get("recreate") is True

    def work(progress: Progress) -> Mapping[str, Any]:
        return _outcome(
            manage.sync_one(
                site.services, collection, recreate=recreate, choices=choices, origin=ORIGIN, progress=progress
            )
        )

    return _begun(site, "sync", collection, work)


async def undo(request: Request) -> Response:
    """`POST /api/collections/NAME/undo`: what the newest run did in it; the collection is held then."""
    site, collection = site_of(request), await run_in_threadpool(collection_of, request)

    def work(progress: Progress) -> Mapping[str, Any]:
        return _outcome(take_back(site.services, None, collection, progress))

    return _begun(site, "undo", collection, work)


async def verify(request: Request) -> Response:
    """`POST /api/collections/NAME/verify`: what was placed and is not as it was."""
    site, collection = site_of(request), await run_in_threadpool(collection_of, request)

    def work(progress: Progress) -> Mapping[str, Any]:
        found = manage.verify(site.services, collection, progress)
        return {"rows": [{"destination": check.destination, "state": check.state} for check in found]}

    task = site.tasks.start("verify", collection.collection.name, site.aside, work)
    return Json({"task": task}, 202)


async def remove(request: Request) -> Response:
    """`POST /api/collections/NAME/remove`: `{"keep_files": BOOL}`; who asks has to say what becomes of placed files."""
    keep_files = (await read_json(request)).get("keep_files")
    if not isinstance(keep_files, bool):
        raise HTTPException(400, "keep_files is true or false")
    site, collection = site_of(request), await run_in_threadpool(collection_of, request)

    def work(progress: Progress) -> Mapping[str, Any]:
        return _outcome(
            manage.remove(site.services, collection, keep_files=keep_files, origin=ORIGIN, progress=progress)
        )

    return _begun(site, "remove", collection, work)


def _begun(
    site: Site, act: str, collection: SavedCollection, work: Callable[[Progress], Mapping[str, Any]]
) -> Response:
    return Json({"task": site.tasks.start(act, collection.collection.name, site.placing, work)}, 202)


def _outcome(done: Outcome) -> dict[str, Any]:
    return {"counts": {word: count for word, count in done.counts.items() if count}, "notes": done.notes}


def _act(step: Step) -> str:
    return type(step).__name__.lower()


def _told(step: Step) -> dict[str, Any]:
    destination, source = ends_of(step)
    plain: dict[str, Any] = {"act": _act(step), "destination": destination, "source": source}
    match step:
        case Create() | TagAdd():
            return plain | {"photo": step.photo_id}
        case Remove() | TagRemove():
            return plain | _of(step.placed)
    return plain | {"photo": step.placed.photo_id}


def _of(placed: Any) -> dict[str, Any]:
    """What a choice names a placement by: row numbers are given anew, with the photo they cannot mean another one."""
    return {"placement": placed.placement_id, "photo": placed.photo_id}


def _choices(site: Site, collection: SavedCollection, given: Mapping[str, Any]) -> Choices:
    """Return what a person decided, by the places that are recorded for the placements they name.

    Raises:
        HTTPException: that is no list of placements (400).
    """
    with reading(site.services.engine) as tx:
        rows = saved.placements_of(tx, collection.id) if given.get("keep") or given.get("drop") else []
    known = {(row.id, row.photo_id): row.destination for row in rows}

    def named(word: str) -> frozenset[str]:
        items = given.get(word, [])
        if not isinstance(items, list) or len(items) > _MOST_CHOICES or not all(isinstance(it, dict) for it in items):
            raise HTTPException(400, f"{word} is a list of the placements that the plan names")
        keys = [(it.get("placement"), it.get("photo")) for it in items]
        return frozenset(known[key] for key in keys if key in known)

    return Choices(named("keep"), named("drop"))
