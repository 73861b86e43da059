"""What goes on because of this page: `GET /api/tasks` and `POST /api/tasks/stop`."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.web.answers import Json, numbers_in, read_json
from organiser.web.site import site_of


def listed(request: Request) -> Response:
    """`GET /api/tasks`: those that go on and the latest that are over, oldest change first."""
    return Json({"rows": site_of(request).tasks.since(0)[1]})


async def stop(request: Request) -> Response:
    """`POST /api/tasks/stop`: `{"id": ID}`; it ends after what it is at, and what was done stays done."""
    (task,) = numbers_in([(await read_json(request)).get("id")], "id")
    if not site_of(request).tasks.stop(task):
        raise HTTPException(404, "it is over, or there is no such thing")
    return Json({"done": True})
