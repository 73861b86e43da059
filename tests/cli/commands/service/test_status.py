"""What `organiser status` says of work that waits, and of runs."""

from organiser.cli.commands.service.status import _lines
from organiser.index.tables.runs import Run
from organiser.jobs.views.status import Status


def _status(**known):
    nothing = {
        "at": 100.0, "queues": {}, "due": {"identify": 0, "detect": 0, "judge": 0}, "in_progress": 0, "rate": 0.0, "eta": None,
        "oldest": None, "workers": (), "roots": (), "failures": (0, 0), "waiting_for_part": 0, "scans": 0, "placing": False, "paused": {},
        "halted": False, "runs": (),
    }  # fmt: skip
    return list(_lines(Status(**nothing | known)))


def _run(**known):
    return Run(
        **{
            "id": 1,
            "kind": "place",
            "origin": "watch",
            "arguments": {},
            "started": 90.0,
            "ended": 95.0,
            "cancelled": False,
            "counts": {},
            "ids": (1,),
        }
        | known
    )


def test_nothing_is_due_only_when_nothing_waits():
    assert _status()[0] == "due       nothing"
    assert _status(placing=True)[0] == "due       collections to bring in line"
    assert _status(scans=1)[0] == "due       1 folder to scan"
    assert (
        _status(due={"identify": 3, "detect": 0, "judge": 0}, scans=2)[0]
        == "due       2 folders to scan, 3 to identify; 0 in progress"
    )


def test_a_paused_step_says_what_waits_for_it():
    lines = _status(paused={"scan": 40.0, "place": 40.0}, scans=1, placing=True)
    assert "paused    scan, for 60 s; 1 folder waits" in lines
    assert "paused    place, for 60 s; the collections wait to be brought in line" in lines


def test_a_run_says_what_it_did():
    (line,) = _status(runs=(_run(counts={"placed": 83, "not_placed": 0, "working_ms": 1000}),))[2:]
    assert line == "run 1     place by watch, took 5.0 s; worked 1.0 s; 83 placed"
    (line,) = _status(runs=(_run(ended=None),))[2:]
    assert line == "run 1     place by watch, going on for 10 s; nothing yet"
    (line,) = _status(runs=(_run(),))[2:]
    assert line == "run 1     place by watch, took 5.0 s; nothing changed"
