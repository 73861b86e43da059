"""Work: what waits and who is at it, and having it begin, pause, go on or be cancelled."""

import dataclasses
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.errors import SettingsError
from organiser.index.db.engine import reading
from organiser.index.tables import roots
from organiser.jobs.views import status as actions
from organiser.web.answers import Json, numbers_in, read_json
from organiser.web.resources import failures, schedules
from organiser.web.site import Site, site_of

_RUNS = 20


def overview(request: Request) -> Response:
    """`GET /api/work`."""
    site = site_of(request)
    return Json(standing(site) | failures.told(site) | {"schedules": schedules.told(site)})


def standing(site: Site) -> dict[str, Any]:
    """Return what waits, how fast it goes, who is at it, the roots and the latest runs."""
    found = dataclasses.asdict(actions.status(site.services, None, _RUNS))
    again, lasting = found.pop("failures")
    found.pop("queues")
    return found | {"failing": {"again": again, "lasting": lasting}}


async def scan(request: Request) -> Response:
    """`POST /api/work/scan`: `{"root": ID}`, or all of them."""
    wanted = (await read_json(request)).get("root")
    return await run_in_threadpool(_scan, site_of(request), wanted)


def _scan(site: Site, wanted: object) -> Response:
    with reading(site.services.engine) as tx:
        chosen = [root for root in roots.every(tx) if wanted in (None, root.id)]
    if not chosen:
        raise HTTPException(404, "there is no such folder; organiser scan FOLDER hands one over")
    by = site.processes.scan(chosen, site.queue())
    return Json({"by": by}, 202)


async def pause(request: Request) -> Response:
    """`POST /api/work/pause`: `{"steps": [...]}`, or all of them."""
    return await _steps(request, actions.pause)


async def resume(request: Request) -> Response:
    """`POST /api/work/resume`: `{"steps": [...]}`, or all of them."""
    return await _steps(request, actions.resume)


async def _steps(request: Request, act: Callable[..., None]) -> Response:
    steps = (await read_json(request)).get("steps") or []
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise HTTPException(400, "steps is a list of names")
    site = site_of(request)
    await run_in_threadpool(act, site.services, steps)
    return Json({"done": True})


async def cancel(request: Request) -> Response:
    """`POST /api/work/cancel`: `{"run": ID}`."""
    (run,) = numbers_in([(await read_json(request)).get("run")], "run")
    try:
        await run_in_threadpool(actions.cancel, site_of(request).services, run)
    except SettingsError as error:
        raise HTTPException(404, str(error)) from error
    return Json({"done": True})
