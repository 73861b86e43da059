"""How long the random attacks go on: a short while in the tests, long under `make fuzz`."""

import os


def rounds(usual: int) -> int:
    """Return how many rounds an attack has: `usual`, or as many times more as FUZZ says."""
    return usual * int(os.environ.get("FUZZ", "1"))
