"""How things stand: a rate that is true from the first half minute on, and how long somebody really waits."""

from collections.abc import Sequence

import pytest

from organiser.core.photo import PhotoId
from organiser.jobs.actions import roots
from organiser.jobs.actions.status import status
from organiser.jobs.messages import Detect, ScanRoot
from organiser.jobs.steps.handle import handle
from tests.jobs.library import Library
from tests.photos import HAPPY

FEW = 12


@pytest.fixture
def detections(library: Library) -> list[PhotoId]:
    """The ids of twelve identified photos that nobody looked at."""
    for number in range(FEW):
        library.draw(f"{number}.jpg", HAPPY, size=(80, 60))
    root = roots.add(library.services.engine, str(library.folder), library.now)
    (identify,) = handle(library.services, ScanRoot(root.id)).messages
    (detect,) = handle(library.services, identify).messages
    assert isinstance(detect, Detect)
    return list(detect.photo_ids)


def _detect(library: Library, photo_ids: Sequence[PhotoId]) -> None:
    handle(library.services, Detect(tuple(photo_ids)))


def test_the_rate_counts_from_when_work_began(library: Library, detections: list[PhotoId]) -> None:
    for number in range(4):
        library.now += 10.0
        _detect(library, detections[2 * number : 2 * number + 2])
    found = status(library.services, None)
    assert found.rate == pytest.approx(6 / 30)
    assert found.eta == pytest.approx(4 / (6 / 30))


def test_a_break_does_not_slow_the_rate_down(library: Library, detections: list[PhotoId]) -> None:
    _detect(library, detections[:1])
    library.now += 200.0
    _detect(library, detections[1:3])
    library.now += 10.0
    _detect(library, detections[3:7])
    assert status(library.services, None).rate == pytest.approx(4 / 10)


def test_no_rate_is_told_before_there_is_one_nor_long_after(library: Library, detections: list[PhotoId]) -> None:
    assert status(library.services, None).rate == 0.0
    _detect(library, detections[:4])
    library.now += 1.0
    assert (status(library.services, None).rate, status(library.services, None).eta) == (0.0, None)
    library.now += 9.0
    _detect(library, detections[4:8])
    assert status(library.services, None).rate == pytest.approx(4 / 10)
    library.now += 500.0
    assert status(library.services, None).rate == 0.0


def test_the_longest_wait_is_for_a_first_verdict(library: Library, detections: list[PhotoId]) -> None:
    library.now += 50.0
    assert status(library.services, None).oldest == pytest.approx(50.0)
    _detect(library, detections)
    assert status(library.services, None).oldest is None
    library.now += 9000.0
    library.use_model(library.add_model("2"))
    found = status(library.services, None)
    assert (found.due["judge"], found.oldest) == (FEW, None)
