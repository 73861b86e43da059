"""Reviewing: the photos in doubt, and the wall of faces of one answer."""

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.core.emotion import Emotion
from organiser.core.photo import FaceId
from organiser.core.query.parse import parse
from organiser.core.query.terms import Query
from organiser.index.db.engine import reading
from organiser.index.search import find
from organiser.index.tables import collections
from organiser.index.views import faces_wall
from organiser.jobs.corrections import review
from organiser.jobs.views import wall
from organiser.web.answers import Json
from organiser.web.resources.photos import row
from organiser.web.site import Site, asked_number, limit_of, site_of

_USUAL_PHOTOS = 50
_USUAL_FACES = 300
_GAIN = "corrected:no judged:yes sort:confidence+"
_LARGEST = 2**63 - 1


def queue(request: Request) -> Response:
    """`GET /api/review?order=doubt|gain&q=&collection=&limit=`."""
    site, limit = site_of(request), limit_of(request, _USUAL_PHOTOS)
    asked = _within(site, request, replace(site.query(request), order=()))
    if _by_gain(request):
        with reading(site.services.engine) as tx:
            photo_ids = list(
                find.photo_ids(tx, review.narrowed(asked, parse(_GAIN, site.services.local_time())), limit)
            )
    else:
        photo_ids = review.doubtful(site.services, asked, limit)
    with reading(site.services.engine) as tx:
        shown = wall.photos_of(tx, site.services.roots, photo_ids)
    return Json({"rows": [row(*photo) for photo in shown]})


def left(request: Request) -> Response:
    """`GET /api/review/left?order=doubt|gain&q=&collection=`: how many wait; apart, as nobody is to wait for it."""
    site = site_of(request)
    asked = _within(site, request, replace(site.query(request), order=()))
    if _by_gain(request):
        with reading(site.services.engine) as tx:
            number = find.count(tx, review.narrowed(asked, parse(_GAIN, site.services.local_time())))
    else:
        number = review.count_doubtful(site.services, asked)
    return Json({"left": number})


def _by_gain(request: Request) -> bool:
    order = request.query_params.get("order") or "doubt"
    if order not in ("doubt", "gain"):
        raise HTTPException(400, "order is doubt or gain")
    return order == "gain"


def faces(request: Request) -> Response:
    """`GET /api/faces?emotion=&after=&limit=`; a page may hold few, or none, and not be the last."""
    site, limit = site_of(request), limit_of(request, _USUAL_FACES)
    wanted = request.query_params.get("emotion", "")
    if wanted not in set(Emotion):
        raise HTTPException(400, f"emotion is one of {', '.join(Emotion)}")
    after = asked_number(request, "after", 0, 0, _LARGEST) if request.query_params.get("after") else None
    model, legible = site.services.model(), site.services.policy.legible
    with reading(site.services.engine) as tx:
        page = faces_wall.page(tx, model.id, Emotion(wanted), legible, None if after is None else FaceId(after), limit)
    rows = [
        {"id": face.face_id, "photo": face.photo_id, "emotion": face.emotion}
        | {"probability": round(face.probability, 4), "corrected": face.corrected}
        for face in page.faces
    ]
    return Json({"rows": rows, "next": None if page.after is None else str(page.after)})


def _within(site: Site, request: Request, asked: Query) -> Query:
    """Return the query narrowed to the collection that a request names."""
    name = request.query_params.get("collection")
    if not name:
        return asked
    with reading(site.services.engine) as tx:
        saved = collections.get(tx, name)
    if saved is None:
        raise HTTPException(404, f"there is no collection {name!r}")
    return replace(review.narrowed(asked, parse(saved.collection.query, site.services.local_time())), order=())
