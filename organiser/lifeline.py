"""What binds a child process: it ends with its parent, and a bomb of a picture takes only so much memory. Portable."""

import os
import resource
import signal
import sys
import threading
from collections.abc import Callable

_POLL_S = 0.5


def _ask_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def end_with_parent(end: Callable[[], object] = _ask_to_end, parent: int | None = None) -> None:
    """Call `end` (default: SIGTERM to this process) once this process's parent is gone.

    Args:
        parent: the parent's process id as the parent itself gave it, which may have died before this is called;
            None where that is no matter.
    """
    expected = os.getppid() if parent is None else parent

    def watch() -> None:
        never = threading.Event()
        while os.getppid() == expected:
            never.wait(_POLL_S)
        end()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def limit_memory(limit: int) -> None:
    """Let this process take at most `limit` bytes of address space; 0 is no limit. Other systems than Linux ignore it."""
    if limit and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
