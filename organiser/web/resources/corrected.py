"""What answers leave to be done: what they replaced, to be taken back, and the photos that collections are to follow."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence

from organiser.core.photo import PhotoId
from organiser.jobs.corrections.answers import Replaced

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


class ToFollow:
    """Corrected photos that no collection followed yet."""

    def __init__(self) -> None:
        self._photo_ids: dict[PhotoId, None] = {}
        self._lock = threading.Lock()

    def add(self, photo_ids: Sequence[PhotoId]) -> bool:
        """Note photos; return whether there were none before, so that somebody has to come for them."""
        with self._lock:
            first = not self._photo_ids
            self._photo_ids |= dict.fromkeys(photo_ids)
            return first and bool(self._photo_ids)

    def take(self) -> tuple[PhotoId, ...]:
        """Return the photos noted, and forget them."""
        with self._lock:
            taken = tuple(self._photo_ids)
            self._photo_ids = {}
            return taken
