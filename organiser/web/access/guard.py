"""The gate before every route: who asks, under which name, from which page. What does not pass reaches no handler.

Host names are checked against DNS rebinding, the origin of everything that changes something against other pages, and
the cookie against everybody else. Pages of other ports of this machine count as other pages.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from organiser.web.access.entrance import entrance
from organiser.web.access.headers import guarded
from organiser.web.access.session import Door
from organiser.web.answers import MOST_BYTES, error

LOGIN: Final = "/login"
_READING: Final = ("GET", "HEAD")
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{1,5})?", re.IGNORECASE)
_OWN_SITES: Final = ("same-origin", "none", "")


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the server answers to.

    Attributes:
        names: host names, in lower case.
        beyond: addresses other than this machine's own loopback ones are answered to as well. A rebinding attack needs
            a name, so any address will do.
    """

    names: Collection[str]
    beyond: bool = False

    def holds(self, host: str) -> bool:
        """Whether a `Host` header is one of ours."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found[1].strip("[]").lower()
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name.rstrip(".") in self.names
        return self.beyond or address.is_loopback


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, door: Door, names: Names) -> None:
        self._app, self._door, self._names = app, door, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refused = self._refuse(Request(scope))
        await (refused or self._app)(scope, receive, guarded(send))

    def _refuse(self, request: Request) -> Response | None:
        refused = self._refuse_odd(request)
        if refused is not None:
            return refused
        if _at_entrance(request) and "token" in request.query_params:
            return self._by_token(request)
        if self._door.is_in(request) or (request.method == "POST" and request.url.path == LOGIN):
            return None
        if _at_entrance(request):
            return entrance(password=bool(self._door.keys.password))
        return error(401, "open the address that `organiser web` printed, or log in")

    def _refuse_odd(self, request: Request) -> Response | None:
        """Refuse what no page of ours sends, whoever sends it."""
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or not self._names.holds(hosts[0]):
            return error(421, "this server does not answer to that name")
        if request.method not in (*_READING, "POST"):
            return error(405, "that cannot be done", headers={"Allow": "GET, HEAD, POST"})
        length = request.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length[:12]) > MOST_BYTES:
            return error(413, "that is more than is read")
        if request.method == "POST" and not _is_own(request.headers.getlist("origin"), hosts[0]):
            return error(403, "only the page itself may change something")
        if request.headers.get("sec-fetch-site", "") not in _OWN_SITES and not _at_entrance(request):
            return error(403, "another page may not ask for this")
        return None

    def _by_token(self, request: Request) -> Response:
        """Take a token: whoever has the right one comes in at once, wrong ones only so often."""
        if not self._door.try_token(request, request.query_params["token"]):
            wait = self._door.wait(request)
            if wait:
                return error(429, f"too many wrong tokens; try again in {wait} s", headers={"Retry-After": str(wait)})
            return error(403, "this is not the token; open the address that `organiser web` printed")
        others = [(name, value) for name, value in parse_qsl(request.url.query, True) if name != "token"]
        return self._door.let_in(RedirectResponse("/" + (f"?{urlencode(others)}" if others else ""), 303))


def _at_entrance(request: Request) -> bool:
    return request.method in _READING and request.url.path == "/"


def _is_own(origins: list[str], host: str) -> bool:
    """Whether a change comes from our own page; a proxy may speak TLS for us, so the scheme does not count."""
    try:
        (origin,) = origins
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
