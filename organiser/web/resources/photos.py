"""Photos: the wall's rows, one photo's pictures. Rows are the report's, with the photo's id."""

from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.core.photo import FaceId, PhotoId
from organiser.index.db.engine import reading
from organiser.index.tables import results
from organiser.jobs.views import wall
from organiser.reporting.photo import ReportPhoto, record
from organiser.web.answers import Json, picture
from organiser.web.screen import SIZES, Unseen
from organiser.web.site import Site, asked_number, limit_of, number_of, photo_id_of, site_of

_USUAL_ROWS = 200
_USUAL_SIZE = 1600


def rows(request: Request) -> Response:
    """`GET /api/photos?q=&sort=&after=&limit=`."""
    site = site_of(request)
    asked, limit = site.query(request), limit_of(request, _USUAL_ROWS)
    sort, after = request.query_params.get("sort") or None, request.query_params.get("after") or None
    with reading(site.services.engine) as tx:
        page = wall.page(
            tx, site.services.roots, asked, sort=sort, after=after, limit=limit, now=site.services.local_time()
        )  # fmt: skip
    return Json({"rows": [row(*photo) for photo in page.photos], "next": page.after})


def row(photo_id: PhotoId, photo: ReportPhoto) -> dict[str, Any]:
    """Return what a page is told of a photo."""
    return {"id": photo_id, **record(photo)}


def thumb(request: Request) -> Response:
    """`GET /api/photos/ID/thumb`: the kept thumbnail."""
    found = thumbnail(site_of(request), photo_id_of(request))
    if found is None:
        raise HTTPException(404, "no thumbnail of it is kept")
    return picture(request, found)


async def image(request: Request) -> Response:
    """`GET /api/photos/ID/image?size=`: the original, upright, or the thumbnail where it cannot be had."""
    site, photo_id = site_of(request), photo_id_of(request)
    size = asked_number(request, "size", _USUAL_SIZE, 1, SIZES[-1])
    found = await run_in_threadpool(site.screen.picture, photo_id, size)
    if isinstance(found, bytes):
        return picture(request, found)
    kept = await run_in_threadpool(thumbnail, site, photo_id)
    if kept is None:
        raise HTTPException(404, "neither the photo nor a thumbnail of it can be had")
    headers = {"X-Organiser-Offline" if found.offline else "X-Organiser-Unreadable": _told(found)}
    return Response(kept, media_type="image/jpeg", headers=headers | {"Cache-Control": "no-store"})


def _told(found: Unseen) -> str:
    return "1" if found.offline else quote(found.reason, safe=" ,.;:'()")[:300]


def crop(request: Request) -> Response:
    """`GET /api/faces/ID/crop`: the face as it was judged."""
    face_id = FaceId(number_of(request, "id"))
    with reading(site_of(request).services.engine) as tx:
        found = results.crops_of(tx, [face_id])
    if face_id not in found:
        raise HTTPException(404, "no picture of it is kept")
    return picture(request, found[face_id])


def thumbnail(site: Site, photo_id: PhotoId) -> bytes | None:
    """Return the kept thumbnail of a photo, or None."""
    with reading(site.services.engine) as tx:
        return results.thumbnail_of(tx, photo_id)
