"""What answers replaced, so that a page can take them back: the latest of this server's life."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence

from organiser.jobs.actions.answers import Replaced

_MOST = 500


class Corrected:
    """Keeps what was replaced by tokens that nobody guesses; the oldest are forgotten."""

    def __init__(self) -> None:
        self._replaced: OrderedDict[str, Sequence[Replaced]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, replaced: Sequence[Replaced]) -> str:
        """Keep what was replaced; return the token for it."""
        token = secrets.token_urlsafe(12)
        self.keep(token, replaced)
        return token

    def keep(self, token: str, replaced: Sequence[Replaced]) -> None:
        """Keep what was replaced under a token that is known already."""
        with self._lock:
            self._replaced[token] = replaced
            while len(self._replaced) > _MOST:
                self._replaced.popitem(last=False)

    def take(self, token: str) -> Sequence[Replaced] | None:
        """Return what a token stands for, once."""
        with self._lock:
            return self._replaced.pop(token, None)
