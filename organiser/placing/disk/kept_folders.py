"""Folders below a collection's own that stay open for a moment, so that not each of a thousand files opens its way anew.

A descriptor leads to the folder that was proved, whatever its path leads to by then. After a moment the way is gone, and
proved, again: what moved or was replaced meanwhile is noticed.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from organiser.elapsed import elapsed
from organiser.placing.disk.within import folder_in

MOMENT_S: Final = 0.05
"""For how long a folder that was proved is taken for proved."""

_MOST: Final = 8


@dataclass(slots=True)
class _Kept:
    handle: int
    opened: contextlib.ExitStack
    since: float
    users: int = 0


class KeptFolders:
    """The folders below `top` that were used last; not for several threads."""

    def __init__(self, top: str, clock: Callable[[], float] = elapsed) -> None:
        self._top, self._clock = top, clock
        self._kept: dict[tuple[str, ...], _Kept] = {}

    @contextlib.contextmanager
    def folder(self, parts: tuple[str, ...], same_as: os.stat_result | None) -> Iterator[int | None]:
        """Give the descriptor of a folder; see `organiser.placing.disk.within.folder_in`."""
        kept = self._kept.get(parts)
        if kept is None or (not kept.users and self._clock() - kept.since > MOMENT_S):
            self._close(parts)
            kept = self._open(parts, same_as)
        if kept is None:
            yield None
            return
        kept.users += 1
        try:
            yield kept.handle
        finally:
            kept.users -= 1

    def let_go(self) -> None:
        """Close all of them but those in use."""
        for parts in [parts for parts, kept in self._kept.items() if not kept.users]:
            self._close(parts)

    def _open(self, parts: tuple[str, ...], same_as: os.stat_result | None) -> _Kept | None:
        with contextlib.ExitStack() as opened:
            handle = opened.enter_context(folder_in(self._top, parts, same_as=same_as))
            if handle is None:
                return None
            if len(self._kept) >= _MOST:
                self.let_go()
            self._kept[parts] = _Kept(handle, opened.pop_all(), self._clock())
            return self._kept[parts]

    def _close(self, parts: tuple[str, ...]) -> None:
        kept = self._kept.pop(parts, None)
        if kept is not None:
            kept.opened.close()
