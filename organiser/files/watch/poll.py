"""Any system: one root's hints from walking it again and again, where nobody tells of changes.

Between two walks only one number a folder is kept. A walk that takes long is followed by a longer pause, so that
polling never takes more than a small share of a core or of a slow network.
"""

import threading
import time
from collections.abc import Sequence

from organiser.core.library.reconcile import WHOLE
from organiser.files.ignore import Rules
from organiser.files.walk import walk
from organiser.files.watch.hints import Hint, HintKind

_LEAST_PAUSE_RATIO = 50.0
"""A walk may take one part in this many of the time."""


class PollingSource:
    """Hints of one root; see :class:`organiser.files.watch.hints.Source`.

    Args:
        interval: seconds between two walks, at least.
    """

    def __init__(self, root: str, rules: Rules, interval: float) -> None:
        self._root = root
        self._rules = rules
        self._interval = interval
        self._next = 0.0
        self._woken = threading.Event()
        self._states: dict[str, int] = {}

    @property
    def folders(self) -> int:
        return len(self._states)

    def start(self) -> None:
        self._poll()

    def stop(self) -> None:
        self._states.clear()

    def wake(self) -> None:
        self._woken.set()

    def refresh(self, relpath: str) -> None:
        """Nothing to do: every walk reads the rules anew."""

    def wait(self, timeout: float) -> Sequence[Hint]:
        pause = min(timeout, self._next - time.monotonic())
        if self._woken.wait(max(0.0, pause)):
            self._woken.clear()
            return ()
        return self._poll() if time.monotonic() >= self._next else ()

    def _poll(self) -> list[Hint]:
        """Walk the root; return what differs from the walk before."""
        began = time.monotonic()
        before, self._states = self._states, {}
        hints: list[Hint] = []
        blind: set[str] = set()
        for folder in walk(self._root, self._rules, WHOLE):
            blind.update(problem.relpath for problem in folder.unreadable)
            state = hash(tuple(folder.files))
            self._states[folder.relpath] = state
            if before.get(folder.relpath) != state:
                hints.append(Hint(HintKind.FOLDER_CHANGED, folder.relpath, tuple(folder.files)))
        if "" in blind:
            # Nothing was seen; compare the next walk with the last one that saw something.
            self._states = before
            hints = [Hint(HintKind.LOST)]
        hints += [Hint(HintKind.FOLDER_GONE, path) for path in before if path not in self._states]
        ended = time.monotonic()
        self._next = ended + max(self._interval, _LEAST_PAUSE_RATIO * (ended - began))
        return hints
