"""What could not be done: which photos, why, and trying them again or listing them no more."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.tables import failures, results
from organiser.web.answers import Json, numbers_in, read_json
from organiser.web.site import Site, site_of

_MOST = 200


def told(site: Site) -> dict[str, Any]:
    """Return the newest failures, each with its photo and whether there is a picture to show, and how many of each kind."""
    with reading(site.services.engine) as tx:
        every = failures.every(tx)
        shown = every[:_MOST]
        photos = failures.photos_of(tx, [failure.id for failure in shown])
        seen = results.with_thumbnail(tx, set(photos.values()))
    rows = [
        dataclasses.asdict(failure)
        | {"path": site.services.here(failure.path), "photo": photos.get(failure.id)}
        | {"thumbnail": photos.get(failure.id) in seen}
        for failure in shown
    ]
    kinds = Counter(failure.kind for failure in every)
    return {"failures": rows, "failures_total": len(every), "failure_kinds": dict(kinds.most_common())}


async def retry(request: Request) -> Response:
    """`POST /api/work/retry`: `{"ids": [...]}`, `{"kind": KIND}` or `{"all": true}`; the next scan tries them."""
    return await _change(request, failures.retry)


async def forget(request: Request) -> Response:
    """`POST /api/work/forget-failure`: `{"ids": [...]}`, `{"kind": KIND}` or `{"all": true}`."""
    return await _change(request, failures.forget)


async def _change(request: Request, act: Callable[[Transaction, Sequence[int]], None]) -> Response:
    given = await read_json(request)
    kind, everything = given.get("kind"), given.get("all") is True
    if kind is not None and not isinstance(kind, str):
        raise HTTPException(400, "kind is a text")
    ids = None if everything or kind is not None else numbers_in(given.get("ids"), "ids")
    return await run_in_threadpool(_act, site_of(request), act, ids, kind)


def _act(
    site: Site, act: Callable[[Transaction, Sequence[int]], None], ids: list[int] | None, kind: str | None
) -> Response:
    with writing(site.services.engine) as tx:
        if ids is None:
            ids = [failure.id for failure in failures.every(tx) if kind in (None, failure.kind)]
        for start in range(0, len(ids), _MOST):
            act(tx, ids[start : start + _MOST])
    return Json({"done": len(ids)})
