"""What goes back to the browser: JSON in UTF-8, pictures, and errors that say what to do. Knows no resource."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from organiser.errors import OrganiserError, QueryError, Transient

MOST_BYTES = 1_000_000
"""The largest body of a request that is read."""

_LASTING = "private, max-age=31536000, immutable"
_ASKED_AGAIN = "private, no-cache"


class Json(Response):
    """A value as JSON; names that are no UTF-8 are kept as escapes, which JSON allows and UTF-8 would not."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def picture(request: Request, data: bytes) -> Response:
    """Return a JPEG with an ETag of its content, or that the browser has it already.

    An address with `?v=` names one picture for ever and need not be asked for again.
    """
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    kept = _LASTING if request.query_params.get("v") else _ASKED_AGAIN
    common = {"ETag": tag, "Cache-Control": kept}
    if tag in [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=common)
    return Response(data, media_type="image/jpeg", headers=common)


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request carries.

    Raises:
        HTTPException: it is too large (413), of another type (415) or no JSON object (400).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "send application/json")
    body = await read_body(request)
    try:
        found = json.loads(body or b"{}")
    except ValueError as error:
        raise HTTPException(400, f"this is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise HTTPException(400, "a JSON object is needed")
    return found


async def read_body(request: Request) -> bytes:
    """Return a request's body, read no further than is allowed.

    Raises:
        HTTPException: it is too large (413).
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, "that is more than is read")
    return bytes(body)


def error(status: int, message: str, *, at: int | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error: what is wrong, and the place in a query where that is known."""
    body: dict[str, Any] = {"message": message}
    if at is not None:
        body["at"] = at
    return Json({"error": body}, status, headers)


async def on_refusal(_request: Request, refused: Exception) -> Response:
    """Answer what Starlette or a handler refused."""
    assert isinstance(refused, HTTPException)
    return error(refused.status_code, refused.detail, headers=refused.headers)


async def on_trouble(_request: Request, trouble: Exception) -> Response:
    """Answer an error that the organiser raised on purpose; what another try may mend says when to try."""
    assert isinstance(trouble, OrganiserError)
    if isinstance(trouble, QueryError):
        return error(400, trouble.reason, at=utf16_length(trouble.query[: trouble.position]))
    message = f"{trouble}; {trouble.hint}" if trouble.hint else str(trouble)
    if isinstance(trouble, Transient):
        return error(503, message, headers={"Retry-After": "2"})
    return error(400, message)


def numbers_in(given: object, name: str) -> list[int]:
    """Return a list of 1 to 1,000 row numbers that a request carries.

    Raises:
        HTTPException: it is none (400).
    """
    if isinstance(given, list) and 0 < len(given) <= 1000:
        found = [it for it in given if isinstance(it, int) and not isinstance(it, bool) and 0 < it < 2**63]
        if len(found) == len(given):
            return found
    raise HTTPException(400, f"{name}: numbers that the page was given")


def utf16_length(text: str) -> int:
    """Return how many units a text has as a browser counts them."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
