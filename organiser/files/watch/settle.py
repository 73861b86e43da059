"""Has this file stopped changing? A pure state machine that is told what was seen and when.

A file is settled when it has been quiet, and unchanged in size and mtime, for a delay. Knows neither disk nor clock.
"""

from collections.abc import Iterator
from typing import NamedTuple


class _Seen(NamedTuple):
    size: int
    mtime_ns: int
    until: float


class Settling:
    """The files that are still being watched for change; `now` must never go backwards.

    Args:
        delay: how long a file must stay as it is, in seconds.

    >>> settling = Settling(delay=2.0)
    >>> settling.touched("a.jpg", size=10, mtime_ns=1, now=0.0)
    >>> settling.due(now=1.9), settling.due(now=2.0)
    ((), ('a.jpg',))
    >>> settling.observed("a.jpg", size=99, mtime_ns=2, now=2.0), settling.due(now=3.0)
    (False, ())
    >>> settling.observed("a.jpg", size=99, mtime_ns=2, now=4.0), len(settling)
    (True, 0)
    """

    def __init__(self, delay: float) -> None:
        self._delay = delay
        # In the order in which they fall due: the delay is the same for all, so the latest touched comes last.
        self._waiting: dict[str, _Seen] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[str]:
        return iter(self._waiting)

    def __contains__(self, path: str) -> bool:
        return path in self._waiting

    def touched(self, path: str, size: int, mtime_ns: int, now: float) -> None:
        """Take note that something happened to the file, and of its stat just then; its quiet time begins anew."""
        self._waiting.pop(path, None)
        self._waiting[path] = _Seen(size, mtime_ns, now + self._delay)

    def due(self, now: float) -> tuple[str, ...]:
        """Return the files that have been quiet long enough to be looked at again, oldest first."""
        paths = []
        for path, seen in self._waiting.items():
            if seen.until > now:
                break
            paths.append(path)
        return tuple(paths)

    def observed(self, path: str, size: int, mtime_ns: int, now: float) -> bool:
        """Take note of the stat of a file that was due; return whether it is settled, and then forget it."""
        seen = self._waiting.get(path)
        if seen is not None and (seen.size, seen.mtime_ns) != (size, mtime_ns):
            self.touched(path, size, mtime_ns, now)
            return False
        self.drop(path)
        return True

    def drop(self, path: str) -> None:
        """Forget a file: it vanished, or something else showed that it is complete."""
        self._waiting.pop(path, None)

    def drop_below(self, folder: str) -> None:
        """Forget every file below a folder that vanished."""
        for path in [path for path in self._waiting if path.startswith(folder + "/")]:
            del self._waiting[path]

    @property
    def next_due(self) -> float | None:
        """When the next file falls due, or None while nothing waits."""
        return next((seen.until for seen in self._waiting.values()), None)
