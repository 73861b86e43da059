"""Paused steps and stopped runs as rows: what every handler asks before it takes work.

Flags in the index instead of broker commands: they outlive workers and brokers, and nothing strands in a prefetch.
"""

from sqlalchemy import Connection, select

from organiser.index import flags
from organiser.index.db.schema import runs

STEPS = ("scan", "detect", "judge", "place")
"""The steps that can be paused, in the order a photo takes them."""

_PAUSED = "paused:"
_HALTED = "halted"


def pause(tx: Connection, step: str, now: float) -> None:
    """Take no more work of a step; what is in hand is finished."""
    flags.put(tx, _PAUSED + step, repr(now))


def resume(tx: Connection, step: str) -> None:
    """Take work of a step again."""
    flags.put(tx, _PAUSED + step, None)


def paused_steps(tx: Connection) -> dict[str, float]:
    """Return the paused steps, each with the moment it was paused."""
    return {name.removeprefix(_PAUSED): float(at) for name, at in flags.starting_with(tx, _PAUSED).items()}


def stopped(tx: Connection, step: str, run_id: int | None = None) -> bool:
    """Whether no work of `step` is to be taken for `run_id`: the step is paused or the run was cancelled."""
    if flags.get(tx, _PAUSED + step) is not None:
        return True
    if run_id is None:
        return False
    return bool(tx.execute(select(runs.c.cancelled).where(runs.c.id == run_id)).scalar())


def halt(tx: Connection, run_id: int) -> None:
    """Let what a cancelled run left due lie until somebody starts work again."""
    flags.put(tx, _HALTED, str(run_id))


def go_on(tx: Connection) -> None:
    """Let the sweep queue by itself what is due, as ever."""
    flags.put(tx, _HALTED, None)


def halted(tx: Connection) -> bool:
    """Whether a cancelled run's work is to be left lying."""
    return flags.get(tx, _HALTED) is not None
