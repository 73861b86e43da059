"""Collections: how each stands, what a sync would do, and doing it. What is done is what the commands do."""

import asyncio
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.core.collection import Collection
from organiser.core.photo import PhotoId
from organiser.core.placement import PlacementMode, ends_of
from organiser.core.query.parse import parse
from organiser.errors import LayoutError, PlacingError, QueryError
from organiser.index.db.engine import Transaction, reading
from organiser.index.search import find
from organiser.index.tables import collections as saved
from organiser.index.tables.collections import SavedCollection
from organiser.jobs.collections import manage
from organiser.jobs.collections.sync import compare
from organiser.jobs.outcome import Outcome
from organiser.jobs.views import wall
from organiser.web.answers import Json, read_json
from organiser.web.resources.photos import row
from organiser.web.site import Site, site_of

_PREVIEWED = 24
_MOST_STEPS = 1000
_FIELDS = {"name", "query", "mode", "target", "layout", "dry_run"}


def listed(request: Request) -> Response:
    """`GET /api/collections`."""
    site = site_of(request)
    with reading(site.services.engine) as tx:
        held = saved.held(tx)
        rows = [_row(tx, site, one, held=one.id in held) for one in saved.every(tx)]
    return Json({"rows": rows})


def plan(request: Request) -> Response:
    """`GET /api/collections/NAME/plan`: what a sync would do; changes nothing."""
    site, one = site_of(request), _named(request)
    found = compare(site.services, one).plan
    steps = [_ends(*ends_of(step)) | {"act": type(step).__name__.lower()} for step in found.steps[:_MOST_STEPS]]
    kept = [{"destination": placed.destination, "photo": placed.photo_id, "why": why} for placed, why in found.kept]
    counts: dict[str, int] = {}
    for step in found.steps:
        act = type(step).__name__.lower()
        counts[act] = counts.get(act, 0) + 1
    return Json({"counts": counts, "steps": steps, "kept": kept})


async def create(request: Request) -> Response:
    """`POST /api/collections`; with `"dry_run": true` it only says what the query selects."""
    given = await read_json(request)
    wanted = _read(given)
    act = _preview if given.get("dry_run") else _add
    return await run_in_threadpool(act, site_of(request), wanted)


async def sync(request: Request) -> Response:
    """`POST /api/collections/NAME/sync`; answers when it is done."""
    site, one = site_of(request), await run_in_threadpool(_named, request)
    return await _done(site, partial(manage.sync_one, site.services, one))


async def undo(request: Request) -> Response:
    """`POST /api/collections/NAME/undo`: what the newest run did in it; answers when that is done."""
    site, one = site_of(request), await run_in_threadpool(_named, request)
    return await _done(site, partial(manage.undo, site.services, None, one))


async def verify(request: Request) -> Response:
    """`POST /api/collections/NAME/verify`: what was placed and is not as it was."""
    site, one = site_of(request), await run_in_threadpool(_named, request)
    found = await run_in_threadpool(manage.verify, site.services, one)
    return Json({"rows": [{"destination": check.destination, "state": check.state} for check in found]})


async def _done(site: Site, act: Callable[[], Outcome]) -> Response:
    done = await asyncio.wrap_future(site.placing.submit(act))
    return Json({"counts": {word: count for word, count in done.counts.items() if count}, "notes": done.notes})


def _row(tx: Transaction, site: Site, collection: SavedCollection, *, held: bool) -> Mapping[str, Any]:
    told = collection.collection
    placed = saved.placed_photos(tx, collection.id)
    try:
        wanted, trouble = set(find.photo_ids(tx, parse(told.query, site.now()))), None
    except QueryError as error:
        wanted, trouble = set(), error.reason
    plain = {"name": told.name, "query": told.query, "mode": told.mode, "target": told.target, "layout": told.layout}
    state = _state(told, wanted, placed, held=held)
    return plain | {"count": len(wanted), "placed": len(placed), "state": state, "error": trouble}


def _state(collection: Collection, wanted: set[PhotoId], placed: set[PhotoId], *, held: bool) -> str:
    """How a collection stands by what is recorded of it; its plan, which looks at every file, is the exact answer."""
    if held:
        return "held"
    if (
        collection.mode is not PlacementMode.TAG
        and collection.target is not None
        and placed
        and not os.path.isdir(collection.target)
    ):
        return "target_missing"
    follows = collection.mode is PlacementMode.TAG or collection.target is not None
    return "behind" if follows and wanted != placed else "in_step"


def _ends(destination: str, source: str | None) -> dict[str, str | None]:
    return {"destination": destination, "source": source}


def _preview(site: Site, wanted: Collection) -> Response:
    asked = parse(wanted.query, site.now())
    with reading(site.services.engine) as tx:
        photo_ids = list(find.photo_ids(tx, asked, _PREVIEWED))
        shown = wall.photos_of(tx, site.services.roots, photo_ids)
        count = find.count(tx, asked)
    return Json({"count": count, "rows": [row(*one) for one in shown]})


def _add(site: Site, wanted: Collection) -> Response:
    try:
        added = manage.add(site.services, wanted)
    except (LayoutError, PlacingError) as error:
        raise HTTPException(400, str(error)) from error
    with reading(site.services.engine) as tx:
        return Json(_row(tx, site, added, held=False), 201)


def _read(given: Mapping[str, Any]) -> Collection:
    """Return the collection that a request describes.

    Raises:
        HTTPException: it describes none (400).
    """
    texts = {name: given.get(name) for name in ("name", "query", "target", "layout")}
    if given.keys() - _FIELDS or any(it is not None and not isinstance(it, str) for it in texts.values()):
        raise HTTPException(400, f"a collection has {', '.join(sorted(_FIELDS))}")
    target, mode = texts["target"] or None, given.get("mode") or PlacementMode.AUTO
    if mode not in set(PlacementMode):
        raise HTTPException(400, f"mode is one of {', '.join(PlacementMode)}")
    if target is not None and (not os.path.isabs(target) or "\0" in target):
        raise HTTPException(400, "target is an absolute folder")
    if not given.get("dry_run") and not (texts["name"] or "").strip():
        raise HTTPException(400, "it needs a name")
    folder = None if target is None else os.path.normpath(target)
    return Collection(texts["name"] or "", texts["query"] or "", PlacementMode(mode), folder, texts["layout"] or None)


def _named(request: Request) -> SavedCollection:
    name = str(request.path_params["name"])
    with reading(site_of(request).services.engine) as tx:
        one = saved.get(tx, name)
    if one is None:
        raise HTTPException(404, f"there is no collection {name!r}")
    return one
