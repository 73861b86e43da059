"""Paused steps and stopped runs as rows: what every handler asks before it takes work.

Rows in the index instead of broker commands: they outlive workers and brokers, and nothing strands in a prefetch.
"""

from sqlalchemy import Connection, delete, select

from organiser.index.db.schema import pauses, runs
from organiser.index.db.upsert import insert_for

STEPS = ("scan", "detect", "judge", "place")
"""The steps that can be paused, in the order a photo takes them."""

_SWEEP = "sweep"


def pause(tx: Connection, step: str, now: float) -> None:
    """Take no more work of a step; what is in progress is finished."""
    _put(tx, step, now, None)


def resume(tx: Connection, step: str) -> None:
    """Take work of a step again."""
    tx.execute(delete(pauses).where(pauses.c.step == step))


def paused_steps(tx: Connection) -> dict[str, float]:
    """Return the paused steps, each with the moment it was paused."""
    query = select(pauses.c.step, pauses.c.since).where(pauses.c.step.in_(STEPS))
    return {step: since for step, since in tx.execute(query.order_by(pauses.c.step))}


def stopped(tx: Connection, step: str, run_id: int | None = None) -> bool:
    """Whether no work of `step` is to be taken for `run_id`: the step is paused or the run was cancelled."""
    if _is_paused(tx, step):
        return True
    if run_id is None:
        return False
    return bool(tx.execute(select(runs.c.cancelled).where(runs.c.id == run_id)).scalar())


def halt(tx: Connection, run_id: int, now: float) -> None:
    """Let what a cancelled run left due lie until somebody starts work again."""
    _put(tx, _SWEEP, now, run_id)


def go_on(tx: Connection) -> None:
    """Let the sweep queue by itself what is due, as ever."""
    resume(tx, _SWEEP)


def halted(tx: Connection) -> bool:
    """Whether a cancelled run's work is to be left lying."""
    return _is_paused(tx, _SWEEP)


def _put(tx: Connection, step: str, now: float, run_id: int | None) -> None:
    values = {"since": now, "run_id": run_id}
    make = insert_for(tx, pauses).values(values | {"step": step})
    tx.execute(make.on_conflict_do_update(index_elements=["step"], set_=values))


def _is_paused(tx: Connection, step: str) -> bool:
    return tx.execute(select(pauses.c.step).where(pauses.c.step == step)).scalar() is not None
