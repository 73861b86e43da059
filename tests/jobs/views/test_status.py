"""How things stand: a rate that is true from the first half minute on, and how long somebody really waits."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from organiser.core.photo import PhotoId
from organiser.index.db.engine import reading, writing
from organiser.index.tables import collections as saved
from organiser.index.tables import runs
from organiser.jobs.actions import roots
from organiser.jobs.collections import manage
from organiser.jobs.messages import Detect, Place, ScanRoot
from organiser.jobs.steps.handle import handle
from organiser.jobs.views.status import status
from tests.jobs.library import Library
from tests.photos import HAPPY

FEW = 12


@pytest.fixture
def undetected(library: Library) -> list[PhotoId]:
    """The ids of twelve identified photos that nobody looked at."""
    for number in range(FEW):
        library.draw(f"{number}.jpg", HAPPY, size=(80, 60))
    library.detect_apart()
    root = roots.add(library.services.engine, str(library.folder), library.now)
    (identify,) = handle(library.services, ScanRoot(root.id)).messages
    (detect,) = handle(library.services, identify).messages
    assert isinstance(detect, Detect)
    return list(detect.photo_ids)


def _detect(library: Library, photo_ids: Sequence[PhotoId]) -> None:
    handle(library.services, Detect(tuple(photo_ids)))


def test_the_rate_counts_from_when_work_began(library: Library, undetected: list[PhotoId]) -> None:
    for number in range(4):
        library.now += 10.0
        _detect(library, undetected[2 * number : 2 * number + 2])
    found = status(library.services, None)
    assert found.rate == pytest.approx(6 / 30)
    assert found.eta == pytest.approx(4 / (6 / 30))


def test_a_break_does_not_slow_the_rate_down(library: Library, undetected: list[PhotoId]) -> None:
    _detect(library, undetected[:1])
    library.now += 200.0
    _detect(library, undetected[1:3])
    library.now += 10.0
    _detect(library, undetected[3:7])
    assert status(library.services, None).rate == pytest.approx(4 / 10)


def test_no_rate_is_told_before_there_is_one_nor_long_after(library: Library, undetected: list[PhotoId]) -> None:
    assert status(library.services, None).rate == 0.0
    _detect(library, undetected[:4])
    library.now += 1.0
    assert (status(library.services, None).rate, status(library.services, None).eta) == (0.0, None)
    library.now += 9.0
    _detect(library, undetected[4:8])
    assert status(library.services, None).rate == pytest.approx(4 / 10)
    library.now += 500.0
    assert status(library.services, None).rate == 0.0


def test_the_longest_wait_is_for_a_first_verdict(library: Library, undetected: list[PhotoId]) -> None:
    library.now += 50.0
    assert status(library.services, None).oldest == pytest.approx(50.0)
    _detect(library, undetected)
    assert status(library.services, None).oldest is None
    library.now += 9000.0
    library.use_model(library.add_model("2"))
    found = status(library.services, None)
    assert (found.due["judge"], found.oldest) == (FEW, None)


@pytest.fixture
def placing(library: Library, tmp_path: Path) -> Library:
    """Three happy photos that are judged, and a collection to place them in."""
    for number in range(3):
        library.draw(f"{number}.jpg", HAPPY, size=(80, 60))
    library.scan()
    manage.set_built_in(library.services, str(tmp_path / "collections"), None)
    return library


def recent(library: Library, history: int = 5) -> list[tuple[str, dict[str, int], int]]:
    return [(run.kind, dict(run.counts), len(run.ids)) for run in status(library.services, None, history).runs]


def test_a_placing_is_listed_with_what_it_placed(placing: Library) -> None:
    placing.run([Place()])
    assert recent(placing) == [("place", {"placed": 3}, 1)]


def test_a_placing_that_had_nothing_to_do_pushes_no_other_run_off_the_list(placing: Library) -> None:
    with writing(placing.services.engine) as tx:
        runs.end(tx, runs.start(tx, "scan", "command line", {}, 1.0), {"detected": 3}, 2.0)
    placing.run([Place()])
    for _ in range(9):
        placing.run([Place()])
    assert recent(placing) == [("place", {"placed": 3}, 1), ("scan", {"detected": 3}, 1)]


def test_placings_that_followed_each_other_are_one_line(placing: Library) -> None:
    with writing(placing.services.engine) as tx:
        runs.end(tx, runs.start(tx, "scan", "command line", {}, 1.0), {"detected": 3}, 2.0)
    for number in range(3, 7):
        placing.draw(f"{number}.jpg", HAPPY, size=(80, 60))
        placing.scan()
        placing.run([Place()])
        placing.now += 10.0
    assert recent(placing) == [("place", {"placed": 7}, 4), ("scan", {"detected": 3}, 1)]
    assert recent(placing, 1) == [("place", {"placed": 7}, 4)]
    assert recent(placing, 0) == []
    (whole, _) = status(placing.services, None).runs
    assert whole.ended is not None
    assert whole.ended - whole.started == 30.0


def test_a_placing_whose_process_died_does_not_go_on_for_ever(placing: Library) -> None:
    with writing(placing.services.engine) as tx:
        left = runs.start(tx, "place", runs.FOLLOW_UP, {}, 1.0)
    placing.run([Place()])
    with reading(placing.services.engine) as tx:
        run = runs.get(tx, left)
    assert run is not None
    assert (run.ended, run.error) == (placing.now, "its process ended in mid-way")


def test_a_placing_that_failed_can_be_seen(placing: Library, tmp_path: Path) -> None:
    placing.run([Place()])
    (tmp_path / "collections" / "happy").rename(tmp_path / "unplugged")
    placing.run([Place()])
    assert [counts for _, counts, _ in recent(placing)] == [{"placed": 3, "not_placed": 1}]


def test_placings_that_a_person_asked_for_are_listed_one_by_one(placing: Library) -> None:
    with reading(placing.services.engine) as tx:
        (happy, _) = saved.every(tx)
    manage.sync_one(placing.services, happy)
    placing.draw("more.jpg", HAPPY, size=(80, 60))
    placing.scan()
    manage.sync_one(placing.services, happy)
    assert recent(placing) == [("place", {"placed": 1}, 1), ("place", {"placed": 3}, 1)]
