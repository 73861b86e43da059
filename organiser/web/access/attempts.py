"""How often somebody may guess: a few times at once, then at growing intervals, from one address and from all."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_FREE: Final = 5
_LONGEST_S: Final = 900.0
_FORGOTTEN_S: Final = 3600.0
_MOST_ADDRESSES: Final = 1000
_FREE_OF_ALL: Final = 50
_LONGEST_OF_ALL_S: Final = 60.0


@dataclass
class _Failures:
    count: int = 0
    last: float = 0.0
    until: float = 0.0


@dataclass
class Attempts:
    """Counts wrong guesses; memory does not grow with the addresses they come from.

    Args:
        clock: seconds that never run backwards.
    """

    clock: Callable[[], float]
    _by_address: "OrderedDict[str, _Failures]" = field(default_factory=OrderedDict, init=False)
    _of_all: _Failures = field(default_factory=_Failures, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def wait(self, address: str) -> float:
        """Return the seconds until this address may guess again; 0 when it may now."""
        with self._lock:
            own = self._by_address.get(address, _Failures())
            return max(own.until - self.clock(), self._of_all.until - self.clock(), 0.0)

    def failed(self, address: str) -> None:
        """Note a wrong guess."""
        with self._lock:
            now = self.clock()
            own = self._by_address.setdefault(address, _Failures())
            self._by_address.move_to_end(address)
            _note(own, now, _FREE, _LONGEST_S)
            _note(self._of_all, now, _FREE_OF_ALL, _LONGEST_OF_ALL_S)
            while len(self._by_address) > _MOST_ADDRESSES:
                self._by_address.popitem(last=False)


def _note(failures: _Failures, now: float, free: int, longest: float) -> None:
    if now - failures.last > _FORGOTTEN_S:
        failures.count = 0
    failures.count, failures.last = failures.count + 1, now
    if failures.count >= free:
        failures.until = now + min(2.0 ** min(failures.count - free, 30), longest)
