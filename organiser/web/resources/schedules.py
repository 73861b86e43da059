"""Schedules: what is done at set times. The entries are those of `organiser schedule`; the service does them."""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.errors import OrganiserError
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.tables import roots
from organiser.index.tables import schedules as entries
from organiser.index.tables.schedules import Entry
from organiser.jobs.actions import models, schedules
from organiser.web.answers import Json, read_json
from organiser.web.site import Site, number_of, site_of

_LONGEST_NAME = 100


def told(site: Site) -> list[dict[str, Any]]:
    """Return every entry, when it is due next and when its work last began."""
    now = site.services.clock()
    with reading(site.services.engine) as tx:
        return [_row(tx, entry, now) for entry in entries.every(tx)]


async def add(request: Request) -> Response:
    """`POST /api/schedules`: `{"name", "cron", "action", "root"?, "query"?, "model"?}`; one of the same name is replaced."""
    given = await read_json(request)
    return await run_in_threadpool(_add, site_of(request), given)


async def remove(request: Request) -> Response:
    """`POST /api/schedules/ID/remove`."""
    return await run_in_threadpool(_change, site_of(request), number_of(request, "id"), None)


async def switch(request: Request) -> Response:
    """`POST /api/schedules/ID/switch`: `{"on": BOOL}`."""
    on = (await read_json(request)).get("on")
    if not isinstance(on, bool):
        raise HTTPException(400, "on is true or false")
    return await run_in_threadpool(_change, site_of(request), number_of(request, "id"), on)


def _add(site: Site, given: Mapping[str, Any]) -> Response:
    texts = {word: given.get(word) for word in ("name", "cron", "action", "query", "model")}
    if any(text is not None and not isinstance(text, str) for text in texts.values()):
        raise HTTPException(400, "name, cron, action, query and model are texts")
    name = (texts["name"] or "").strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise HTTPException(400, f"it needs a name of at most {_LONGEST_NAME} letters")
    action, now = texts["action"] or "", site.services.clock()
    arguments = _arguments(site, action, texts, given.get("root"))
    with writing(site.services.engine) as tx:
        schedules.add(tx, name, texts["cron"] or "", action, arguments, now)
        entry = entries.by_name(tx, name)
        assert entry is not None
        return Json(_row(tx, entry, now), 201)


def _arguments(site: Site, action: str, texts: Mapping[str, str | None], root: object) -> dict[str, str]:
    """Return an action's own arguments; a folder and a model are named by what the page was told of them.

    Raises:
        HTTPException: there is none such (404).
    """
    if action == "scan" and root is not None:
        with reading(site.services.engine) as tx:
            path = next((each.path for each in roots.every(tx) if each.id == root), None)
        if path is None:
            raise HTTPException(404, "there is no such folder any more")
        return {"root": path}
    if action != "reclassify":
        return {}
    found = {"query": texts["query"]} if texts["query"] else {}
    if texts["model"]:
        every = models.listed(site.services.engine, site.services.home)
        model = next((each for each in every if each.digest == texts["model"]), None)
        if model is None:
            raise HTTPException(404, "there is no such model any more")
        found["model"] = model.label
    return found


def _change(site: Site, entry_id: int, on: bool | None) -> Response:  # noqa: FBT001 None removes it
    with writing(site.services.engine) as tx:
        entry = entries.by_id(tx, entry_id)
        if entry is None:
            raise HTTPException(404, "there is no such entry any more")
        if on is None:
            entries.remove(tx, entry.name)
        else:
            entries.switch(tx, entry.name, on=on, now=site.services.clock())
    return Json({"done": True})


def _row(tx: Transaction, entry: Entry, now: float) -> dict[str, Any]:
    plain = {"id": entry.id, "name": entry.name, "cron": entry.cron, "action": entry.action}
    moments = {"next": _next(entry, now), "last": schedules.last_begun(tx, entry)}
    return plain | {"arguments": entry.arguments, "on": entry.enabled} | moments


def _next(entry: Entry, now: float) -> float | None:
    try:
        return schedules.next_after(entry.cron, now) if entry.enabled else None
    except OrganiserError:
        return None  # the service, which reads cron text, is not installed
