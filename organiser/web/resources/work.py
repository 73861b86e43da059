"""Work: what waits and who is at it, and having it begin, pause, go on or be tried again."""

import dataclasses
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.errors import OrganiserError, SettingsError
from organiser.index.db.engine import reading, writing
from organiser.index.tables import failures, roots
from organiser.index.tables import schedules as schedule_rows
from organiser.jobs.actions import models, schedules
from organiser.jobs.views import status as actions
from organiser.web.answers import Json, read_json
from organiser.web.site import Site, site_of

_MOST_FAILURES = 200
_RUNS = 20


def overview(request: Request) -> Response:
    """`GET /api/work`."""
    site = site_of(request)
    return Json(standing(site) | _failures(site) | {"schedules": _schedules(site), "models": _models(site)})


def standing(site: Site) -> dict[str, Any]:
    """Return what waits, how fast it goes, who is at it, the roots and the latest runs."""
    found = dataclasses.asdict(actions.status(site.services, None, _RUNS))
    again, lasting = found.pop("failures")
    found.pop("queues")
    return found | {"failing": {"again": again, "lasting": lasting}}


def _failures(site: Site) -> dict[str, Any]:
    with reading(site.services.engine) as tx:
        every = failures.every(tx)
        shown = every[:_MOST_FAILURES]
        photos = failures.photos_of(tx, [one.id for one in shown])
    rows = [
        dataclasses.asdict(one) | {"path": site.services.here(one.path), "photo": photos.get(one.id)} for one in shown
    ]
    return {"failures": rows, "failures_total": len(every)}


def _schedules(site: Site) -> list[dict[str, Any]]:
    with reading(site.services.engine) as tx:
        entries = schedule_rows.every(tx)
    return [dataclasses.asdict(entry) | {"next": _next(entry.cron, site.services.clock())} for entry in entries]


def _next(cron: str, now: float) -> float | None:
    try:
        return schedules.next_after(cron, now)
    except OrganiserError:
        return None  # the service, which reads cron text, is not installed


def _models(site: Site) -> list[dict[str, Any]]:
    return [
        {"label": one.label, "digest": one.digest, "subject": one.subject, "labels": one.labels}
        | {"active": one.active, "shipped": one.shipped, "predictions": one.predictions}
        for one in models.listed(site.services.engine, site.services.home)
    ]


async def scan(request: Request) -> Response:
    """`POST /api/work/scan`: `{"root": ID}`, or all of them."""
    wanted = (await read_json(request)).get("root")
    return await run_in_threadpool(_scan, site_of(request), wanted)


def _scan(site: Site, wanted: object) -> Response:
    with reading(site.services.engine) as tx:
        chosen = [root for root in roots.every(tx) if wanted in (None, root.id)]
    if not chosen:
        raise HTTPException(404, "there is no such folder; organiser scan FOLDER hands one over")
    by = site.scans.start(chosen, site.queue())
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
    (run,) = _numbers([(await read_json(request)).get("run")], "run")
    try:
        await run_in_threadpool(actions.cancel, site_of(request).services, run)
    except SettingsError as error:
        raise HTTPException(404, str(error)) from error
    return Json({"done": True})


async def retry(request: Request) -> Response:
    """`POST /api/work/retry`: `{"ids": [...]}`; the next scan tries them."""
    ids = _numbers((await read_json(request)).get("ids"), "ids")
    await run_in_threadpool(_change, site_of(request), failures.retry, ids)
    return Json({"done": len(ids)})


async def forget_failure(request: Request) -> Response:
    """`POST /api/work/forget-failure`: `{"ids": [...]}`."""
    ids = _numbers((await read_json(request)).get("ids"), "ids")
    await run_in_threadpool(_change, site_of(request), failures.forget, ids)
    return Json({"done": len(ids)})


def _change(site: Site, act: Callable[..., None], ids: list[int]) -> None:
    with writing(site.services.engine) as tx:
        act(tx, ids)


def _numbers(given: object, name: str) -> list[int]:
    if isinstance(given, list) and 0 < len(given) <= 1000:
        found = [it for it in given if isinstance(it, int) and not isinstance(it, bool) and 0 < it < 2**63]
        if len(found) == len(given):
            return found
    raise HTTPException(400, f"{name}: numbers that the page was given")
