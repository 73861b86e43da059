"""Ends a process whose parent is gone: a killed supervisor or pool leaves no child behind. Portable."""

import os
import signal
import threading
from collections.abc import Callable

_LOOK_S = 0.5


def _ask_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def end_with_parent(end: Callable[[], object] = _ask_to_end) -> None:
    """Call `end` (default: SIGTERM to this process) once this process's parent is gone."""
    parent = os.getppid()

    def watch() -> None:
        never = threading.Event()
        while os.getppid() == parent:
            never.wait(_LOOK_S)
        end()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
