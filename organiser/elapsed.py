"""Time that passed, by a clock that nobody sets and that goes on while the process is stopped or the machine sleeps."""

import time
from typing import Final

_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # macOS counts sleep in the monotonic one


def elapsed() -> float:
    """Return seconds since some moment in the past, the same one in every call."""
    return time.clock_gettime(_CLOCK)
