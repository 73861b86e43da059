"""Models: which there are, what another one would change, using it and going back. What the commands do."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.index.db.engine import reading
from organiser.jobs.actions import models, reclassify
from organiser.jobs.actions.models import KnownModel
from organiser.jobs.collections.progress import Progress
from organiser.jobs.views import wall
from organiser.web.answers import Json, read_json
from organiser.web.resources.photos import row
from organiser.web.site import Site, asked_number, limit_of, site_of
from organiser.web.trials import SAMPLE, Trial

_NONE = "none"
_USUAL_ROWS = 120
_FURTHEST = 2**31


def listed(request: Request) -> Response:
    """`GET /api/models`; `stale` counts the photos that the one in use has yet to judge."""
    site = site_of(request)
    every = models.listed(site.services.engine, site.services.home)
    before = models.previous(site.services.engine, site.services.home)
    active = _active(every)
    rows = [
        _row(model)
        | {"previous": before is not None and model.digest == before.digest}
        | {"trial": _summary(site.trials.get(model.digest, active))}
        for model in every
    ]
    return Json({"rows": rows, "stale": reclassify.count_stale(site.services)})


async def attempt(request: Request) -> Response:
    """`POST /api/models/DIGEST/try`: `{"all": BOOL}`; a task. Changes nothing."""
    everything = (await read_json(request)).get("all") is True
    site = site_of(request)
    model, active = await run_in_threadpool(_named, request)

    def work(progress: Progress) -> Mapping[str, Any]:
        trial = site.trials.run(model.digest, active, None if everything else SAMPLE, progress)
        return _summary(trial) or {}

    if model.active:
        raise HTTPException(400, f"{model.label} is the one in use")
    return Json({"task": site.tasks.start("try", model.digest, site.aside, work)}, 202)


def flips(request: Request) -> Response:
    """`GET /api/models/DIGEST/flips?from=&to=&after=&limit=`: the photos whose verdict it would change, as it was tried."""
    site, (model, active) = site_of(request), _named(request)
    trial = site.trials.get(model.digest, active)
    if trial is None:
        raise HTTPException(404, f"{model.label} was not tried, or not against the model in use")
    start, limit = asked_number(request, "after", 0, 0, _FURTHEST), limit_of(request, _USUAL_ROWS)
    wanted = {word: request.query_params.get(word) for word in ("from", "to")}
    chosen = [
        flip
        for flip in trial.plan.flips
        if wanted["from"] in (None, flip.before or _NONE) and wanted["to"] in (None, flip.after or _NONE)
    ]
    shown = {flip.photo_id: flip for flip in chosen[start : start + limit]}
    with reading(site.services.engine) as tx:
        photos = wall.photos_of(tx, site.services.roots, list(shown))
    rows = [row(*photo) | {"before": shown[photo[0]].before, "after": shown[photo[0]].after} for photo in photos]
    return Json({"rows": rows, "total": len(chosen), "next": start + limit if start + limit < len(chosen) else None})


async def use(request: Request) -> Response:
    """`POST /api/models/DIGEST/use`: it judges from now on, and what is in the index is judged again."""
    site = site_of(request)
    model, _ = await run_in_threadpool(_named, request)
    return await run_in_threadpool(_use, site, models.SHIPPED if model.shipped else model.digest)


async def roll_back(request: Request) -> Response:
    """`POST /api/models/roll-back`: the model that was in use before judges again."""
    site = site_of(request)
    return await run_in_threadpool(_use, site, None)


def _use(site: Site, word: str | None) -> Response:
    """Have a model judge, or with None the one before, and everything it has not judged be judged by it."""
    engine, home = site.services.engine, site.services.home
    used = models.roll_back(engine, home) if word is None else models.use(engine, word, home)
    return Json({"label": used.label, "by": site.processes.reclassify(site.queue())}, 202)


def _named(request: Request) -> tuple[KnownModel, str]:
    """Return the model that a request's path names by its whole digest, and the digest of the one in use.

    Raises:
        HTTPException: there is none (404).
    """
    site = site_of(request)
    every = models.listed(site.services.engine, site.services.home)
    found = next((model for model in every if model.digest == request.path_params["digest"]), None)
    if found is None:
        raise HTTPException(404, "there is no such model any more")
    return found, _active(every)


def _active(every: list[KnownModel]) -> str:
    return next((model.digest for model in every if model.active), "")


def _row(model: KnownModel) -> dict[str, Any]:
    shown = asdict(model) | {"label": model.label}
    return {word: value for word, value in shown.items() if word not in ("path", "trouble")}


def _summary(trial: Trial | None) -> dict[str, Any] | None:
    if trial is None:
        return None
    plan = trial.plan
    plain = {"photos": plan.photos, "faces": plan.faces, "seconds": plan.seconds, "compared": plan.compared}
    return plain | {"flips": len(plan.flips), "changes": trial.changes()}
