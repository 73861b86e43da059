"""Collections: how each stands, making and changing them, with a look at what a query selects before it is saved."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.core.collections.collection import Collection
from organiser.core.collections.placement import PlacementMode
from organiser.core.photo import PhotoId
from organiser.core.query.parse import parse
from organiser.errors import LayoutError, PlacingError, QueryError
from organiser.index.db.engine import Transaction, reading
from organiser.index.search import find
from organiser.index.tables import collections as saved
from organiser.index.tables.collections import SavedCollection
from organiser.jobs.collections import manage
from organiser.jobs.collections.check import check
from organiser.jobs.collections.progress import Progress
from organiser.jobs.views import wall
from organiser.web.answers import Json, read_json
from organiser.web.resources.photos import row
from organiser.web.site import Site, site_of

_PREVIEWED = 24
_FIELDS = ("name", "query", "mode", "target", "layout")


def listed(request: Request) -> Response:
    """`GET /api/collections`."""
    site = site_of(request)
    with reading(site.services.engine) as tx:
        held_ids = saved.held(tx)
        rows = [_row(tx, site, collection, held=collection.id in held_ids) for collection in saved.every(tx)]
    return Json({"rows": rows})


async def create(request: Request) -> Response:
    """`POST /api/collections`; with `"dry_run": true` it only says what the query selects."""
    given = await read_json(request)
    wanted = _read(given)
    act = _preview if given.get("dry_run") else _add
    return await run_in_threadpool(act, site_of(request), wanted)


async def edit(request: Request) -> Response:
    """`POST /api/collections/NAME/edit`: what is to change of it, and `keep_files` when its folder does.

    Answers with the row; with a task (202) when something has to be taken away first.
    """
    given = await read_json(request)
    site, collection = site_of(request), await run_in_threadpool(collection_of, request)
    wanted = _changed(collection.collection, given)
    return await run_in_threadpool(_edit, site, collection, wanted, given.get("keep_files"))


def _edit(site: Site, collection: SavedCollection, wanted: Collection, keep_files: object) -> Response:
    before = collection.collection
    moves = before.target is not None and before.target != wanted.target
    with reading(site.services.engine) as tx:
        placed = saved.count_placements(tx, collection.id)
    if moves and placed and not isinstance(keep_files, bool):
        raise HTTPException(400, "keep_files says what becomes of what lies in its present folder: true or false")

    def work(progress: Progress) -> Mapping[str, Any]:
        edited = manage.edit(
            site.services, collection, wanted, keep_files=bool(keep_files), origin="page", progress=progress
        )
        return {"name": edited.collection.name}

    check(site.services, wanted, before)
    if moves and placed:
        return Json({"task": site.tasks.start("edit", before.name, site.placing, work)}, 202)
    edited = manage.edit(site.services, collection, wanted, origin="page")
    with reading(site.services.engine) as tx:
        return Json(_row(tx, site, edited, held=edited.id in saved.held(tx)))


def _row(tx: Transaction, site: Site, collection: SavedCollection, *, held: bool) -> Mapping[str, Any]:
    wish = collection.collection
    placed = saved.placed_photos(tx, collection.id)
    try:
        wanted, trouble = set(find.photo_ids(tx, parse(wish.query, site.services.local_time()))), None
    except QueryError as error:
        wanted, trouble = set(), error.reason
    plain = {"name": wish.name, "query": wish.query, "mode": wish.mode, "target": wish.target, "layout": wish.layout}
    state = _state(wish, wanted, placed, held=held)
    return plain | {"count": len(wanted), "placed": len(placed), "state": state, "error": trouble}


def _state(collection: Collection, wanted: set[PhotoId], placed: set[PhotoId], *, held: bool) -> str:
    """How a collection stands by what is recorded of it; its plan, which looks at every file, is the exact answer."""
    tagging = collection.mode is PlacementMode.TAG
    if not tagging and collection.target is not None and placed and not os.path.isdir(collection.target):
        return "target_missing"
    if held:
        return "held"
    if not tagging and collection.target is None and not placed:
        return "nowhere"
    return "behind" if wanted != placed else "in_step"


def _preview(site: Site, wanted: Collection) -> Response:
    asked = parse(wanted.query, site.services.local_time())
    with reading(site.services.engine) as tx:
        photo_ids = list(find.photo_ids(tx, asked, _PREVIEWED))
        shown = wall.photos_of(tx, site.services.roots, photo_ids)
        count = find.count(tx, asked)
    return Json({"count": count, "rows": [row(*photo) for photo in shown]})


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
    wanted = _changed(Collection("", ""), given)
    if not given.get("dry_run") and not wanted.name.strip():
        raise HTTPException(400, "it needs a name")
    return wanted


def _changed(collection: Collection, given: Mapping[str, Any]) -> Collection:
    """Return a collection with what a request says of it; an empty target or layout is none.

    Raises:
        HTTPException: it says something that no collection has (400).
    """
    texts = {name: given[name] for name in _FIELDS if given.get(name) is not None}
    if given.keys() - {*_FIELDS, "dry_run", "keep_files"} or any(not isinstance(it, str) for it in texts.values()):
        raise HTTPException(400, f"a collection has {', '.join(_FIELDS)}")
    if texts.get("mode", PlacementMode.AUTO) not in set(PlacementMode):
        raise HTTPException(400, f"mode is one of {', '.join(PlacementMode)}")
    if target := texts.get("target"):
        if not os.path.isabs(target) or "\0" in target:
            raise HTTPException(400, "the folder is written in full, from the root: /home/me/Collections/happy")
        texts["target"] = os.path.normpath(target)
    values: dict[str, Any] = {
        name: text or None if name in ("target", "layout") else text for name, text in texts.items()
    }
    if "mode" in values:
        values["mode"] = PlacementMode(values["mode"])
    return replace(collection, **values)


def collection_of(request: Request) -> SavedCollection:
    """Return the collection that a request's path names.

    Raises:
        HTTPException: there is none (404).
    """
    name = str(request.path_params["name"])
    with reading(site_of(request).services.engine) as tx:
        found = saved.get(tx, name)
    if found is None:
        raise HTTPException(404, f"there is no collection {name!r}")
    return found
