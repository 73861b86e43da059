"""Queries: what their answers can be told apart by, and what may be written next."""

from starlette.requests import Request
from starlette.responses import Response

from organiser.core.query.suggest import suggest
from organiser.core.query.terms import Field
from organiser.index.db.engine import reading
from organiser.index.search.names import every_name
from organiser.jobs.views.facets import facets
from organiser.web.answers import Json, utf16_length
from organiser.web.site import asked_number, site_of

_LONGEST = 10_000


def counts(request: Request) -> Response:
    """`GET /api/counts?q=`."""
    site = site_of(request)
    asked = site.query(request)
    with reading(site.services.engine) as tx:
        total, found = facets(tx, asked, site.services.local_time())
    return Json({"total": total} | {name: dict(counted.most_common()) for name, counted in found.items()})


def suggestions(request: Request) -> Response:
    """`GET /api/suggest?q=&at=`; offsets are counted as browsers do."""
    text = request.query_params.get("q", "")
    units = text.encode("utf-16-le", "surrogatepass")
    at = asked_number(request, "at", len(units) // 2, 0, _LONGEST)
    before = units[: 2 * at].decode("utf-16-le", "surrogatepass" if at * 2 >= len(units) else "ignore")
    with reading(site_of(request).services.engine) as tx:
        names = every_name(tx, keywords=Field.KEYWORD in before.lower())
    values = {
        Field.CAMERA: names.cameras,
        Field.ROOT: tuple(names.roots.values()),
        Field.MODEL: tuple(names.models.values()),
        Field.PLACED: tuple(names.collections.values()),
        Field.KEYWORD: names.keywords,
    }
    start, found = suggest(before, len(before), values)
    return Json({
        "from": utf16_length(before[:start]),
        "items": [{"text": suggestion.text, "hint": suggestion.hint} for suggestion in found],
    })  # fmt: skip
