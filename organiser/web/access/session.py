"""Who is let in: whoever has the token or knows the password gets a cookie, and whoever has the cookie is in.

The cookie holds when it ends and a signature; nothing is kept of it here, so that a restart throws nobody out.
"""

import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from organiser.web.access import keys
from organiser.web.access.attempts import Attempts
from organiser.web.access.keys import Keys

_LASTS_S: Final = 30 * 86_400


@dataclass
class Door:
    """Lets people in.

    Args:
        home: the organiser's folder, where the keys lie; they are read again when they change.
        port: of the server; browsers do not keep the cookies of two ports apart, so the name does.
        secure: the server speaks TLS.
    """

    home: Path
    port: int
    secure: bool = False
    clock: Callable[[], float] = time.time
    attempts: Attempts = field(default_factory=lambda: Attempts(time.monotonic))
    _known: tuple[int, Keys] | None = field(default=None, init=False)
    _hashing: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def keys(self) -> Keys:
        """The keys as they are now."""
        try:
            changed = (self.home / keys.NAME).stat().st_mtime_ns
        except OSError:
            changed = -1
        if self._known is None or self._known[0] != changed:
            self._known = changed, keys.load(self.home)
        return self._known[1]

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return f"organiser-{self.port}"

    def is_in(self, request: Request) -> bool:
        """Whether a request carries a cookie of ours that has not ended."""
        ends, _, signature = request.cookies.get(self.cookie, "").partition(".")
        if not (ends.isascii() and ends.isdigit() and len(ends) < 12 and signature.isascii()):
            return False
        return hmac.compare_digest(self.keys.sign(ends), signature) and int(ends) > self.clock()

    def let_in(self, response: Response) -> Response:
        """Give the cookie with a response."""
        ends = str(int(self.clock()) + _LASTS_S)
        value = f"{ends}.{self.keys.sign(ends)}"
        response.set_cookie(
            self.cookie, value, max_age=_LASTS_S, path="/", secure=self.secure, httponly=True, samesite="strict"
        )
        return response

    def wait(self, request: Request) -> int:
        """Return the whole seconds until whoever sends this may guess again."""
        return -int(-self.attempts.wait(_address(request)) // 1)

    def try_token(self, request: Request, given: str) -> bool:
        """Whether this is the token; a wrong one counts as a guess."""
        return self._counted(request, right=self.keys.is_token(given))

    def try_password(self, request: Request, given: str) -> bool:
        """Whether this is the password; a wrong one counts as a guess, and two are never hashed at a time."""
        with self._hashing:
            if self.wait(request):
                return False
            return self._counted(request, right=self.keys.is_password(given))

    def _counted(self, request: Request, *, right: bool) -> bool:
        if not right:
            self.attempts.failed(_address(request))
        return right


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
