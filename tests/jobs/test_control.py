"""Pauses and cancellations are rows: they hold for every process and across restarts."""

import time

from organiser.index import control, runs
from organiser.index.engine import Index, writing


def test_a_paused_step_is_stopped_and_no_other(index: Index) -> None:
    with writing(index) as tx:
        control.pause(tx, "look", 5.0)
        assert [control.stopped(tx, step) for step in control.STEPS] == [False, True, False, False]
        assert control.paused_steps(tx) == {"look": 5.0}
        control.resume(tx, "look")
        assert not control.stopped(tx, "look")


def test_a_cancelled_run_is_stopped_and_no_other(index: Index) -> None:
    with writing(index) as tx:
        first, second = (runs.start(tx, "scan", "test", {}, time.time()) for _ in range(2))
        runs.cancel(tx, first)
        assert control.stopped(tx, "look", first)
        assert not control.stopped(tx, "look", second)
        assert not control.stopped(tx, "look")


def test_what_messages_of_a_run_did_adds_up(index: Index) -> None:
    with writing(index) as tx:
        run_id = runs.start(tx, "scan", "test", {runs.QUEUED: True}, 0.0)
        runs.tally(tx, run_id, {"looked": 32}, working=1.5, waited=0.25)
        runs.tally(tx, run_id, {"looked": 8, "failed": 1}, working=0.5, waited=9.0)
        (run,) = runs.queued(tx)
        runs.tally(tx, 999, {"looked": 1}, working=1.0, waited=0.0)
    assert run.counts == {"looked": 40, "failed": 1, "working_ms": 2000, "waited_ms": 250}
