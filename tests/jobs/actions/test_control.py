"""Pauses and cancellations are rows: they hold for every process and across restarts."""

import time

from organiser.index.db.engine import Index, writing
from organiser.index.tables import runs
from organiser.index.work import pauses


def test_a_paused_step_is_stopped_and_no_other(index: Index) -> None:
    with writing(index) as tx:
        pauses.pause(tx, "detect", 5.0)
        assert [pauses.stopped(tx, step) for step in pauses.STEPS] == [False, True, False, False]
        assert pauses.paused_steps(tx) == {"detect": 5.0}
        pauses.resume(tx, "detect")
        assert not pauses.stopped(tx, "detect")


def test_a_cancelled_run_is_stopped_and_no_other(index: Index) -> None:
    with writing(index) as tx:
        first, second = (runs.start(tx, "scan", "test", {}, time.time()) for _ in range(2))
        runs.cancel(tx, first)
        assert pauses.stopped(tx, "detect", first)
        assert not pauses.stopped(tx, "detect", second)
        assert not pauses.stopped(tx, "detect")


def test_what_messages_of_a_run_did_adds_up(index: Index) -> None:
    with writing(index) as tx:
        run_id = runs.start(tx, "scan", "test", {runs.QUEUED: True}, 0.0)
        runs.tally(tx, run_id, {"detected": 32}, working=1.5, waited=0.25)
        runs.tally(tx, run_id, {"detected": 8, "failed": 1}, working=0.5, waited=9.0)
        (run,) = runs.queued(tx)
        runs.tally(tx, 999, {"detected": 1}, working=1.0, waited=0.0)
    assert run.counts == {"detected": 40, "failed": 1, "working_ms": 2000, "waited_ms": 250}
