"""Forgetting while others are at work: nothing of a photo comes back, and nobody's work breaks off over it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from organiser.core.emotion import Emotion
from organiser.index.db.engine import reading, writing
from organiser.index.tables import erase, results
from organiser.index.work import leases
from organiser.jobs.actions import forget, roots
from organiser.jobs.collections import manage
from organiser.jobs.messages import Detect, Message, Place, ScanRoot, Sweep
from organiser.jobs.services import ActiveModel
from organiser.jobs.steps.handle import handle
from organiser.vision.classifiers import Classifier
from organiser.vision.detectors import FaceDetector
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD, DrawnFace, truncated

TWO_SAD = (DrawnFace(Emotion.SAD, 0.3, 0.5, 0.4), DrawnFace(Emotion.SAD, 0.7, 0.5, 0.4))
SHOWN = {"a.jpg": "happy", "b.jpg": "sad", "c.jpg": "sad"}


@pytest.fixture
def collections(library: Library, tmp_path: Path) -> Path:
    """Where the two happy photos and the sad one were placed."""
    library.draw("a.jpg", HAPPY)
    library.draw("trip/b.jpg", HAPPY)
    library.draw("c.jpg", SAD)
    library.scan()
    manage.set_built_in(library.services, str(tmp_path / "collections"), "copy")
    library.run([Place()])
    return tmp_path / "collections"


def _placed(collections: Path) -> list[str]:
    return sorted(path.name for path in collections.rglob("*.jpg"))


@contextmanager
def _between_transactions(library: Library, act: Callable[[], object]) -> Iterator[None]:
    """Do something, as another process would, whenever a transaction has ended."""
    at_it = False

    def step_in(*_event: object) -> None:
        nonlocal at_it
        if not at_it:
            at_it = True
            act()
            at_it = False

    event.listen(library.services.engine, "checkin", step_in)
    try:
        yield
    finally:
        event.remove(library.services.engine, "checkin", step_in)


def test_a_placer_at_work_meanwhile_does_not_bring_a_copy_back(library: Library, collections: Path) -> None:
    other = replace(library.services, owner=lambda: "elsewhere:1")
    target = forget.target_of(library.services, [str(library.folder / "a.jpg")])
    with _between_transactions(library, lambda: handle(other, Place())):
        forget.forget(library.services, target)
    assert _placed(collections) == ["b.jpg", "c.jpg"]
    assert library.run([Place()]) == {"detect messages": 0}


def test_a_placer_at_work_while_a_root_is_taken_back_keeps_none_of_its_photos(
    library: Library, collections: Path
) -> None:
    other = replace(library.services, owner=lambda: "elsewhere:1")
    with _between_transactions(library, lambda: handle(other, Place())):
        forget.remove_root(library.services, str(library.folder))
    assert _placed(collections) == []
    with reading(library.services.engine) as tx:
        assert erase.page(tx, after=0) == []


def _forgetting(library: Library, name: str) -> Callable[[], None]:
    """Return what forgets a photo the first time it is called."""
    left = [forget.target_of(library.services, [str(library.folder / name)])]

    def act() -> None:
        if left:
            forget.forget(library.services, left.pop())

    return act


def _drawn(library: Library) -> list[Message]:
    """Draw four photos, one of them truncated; return the messages that look at them."""
    library.draw("a.jpg", HAPPY)
    library.draw("b.jpg", *TWO_SAD)
    library.draw("c.jpg", SAD)
    truncated(library.folder / "cut.jpg", faces=[HAPPY], seed=99)
    library.detect_apart()
    root = roots.add(library.services.engine, str(library.folder), library.now)
    (identify,) = handle(library.services, ScanRoot(root.id)).messages
    return list(handle(library.services, identify).messages)


def _left(library: Library) -> dict[str, str | None]:
    return {row.relpath: row.emotion for row in library.find("judged:yes")}


@pytest.mark.parametrize("gone", ["a.jpg", "b.jpg", "cut.jpg"])
def test_a_photo_forgotten_while_its_chunk_is_looked_at_sinks_no_neighbour(library: Library, gone: str) -> None:
    messages = _drawn(library)
    forget_it, detector = _forgetting(library, gone), library.services.detector

    def forget_then_detect() -> FaceDetector:
        forget_it()
        return detector()

    library.services = replace(library.services, detector=forget_then_detect)
    library.run(messages)
    assert _left(library) == {name: item for name, item in SHOWN.items() if name != gone}
    with reading(library.services.engine) as tx:
        assert len(erase.page(tx, after=0)) == 3
        assert leases.owners(tx) == []


@pytest.mark.parametrize("gone", ["a.jpg", "b.jpg"])
def test_a_photo_forgotten_while_its_chunk_is_judged_sinks_no_neighbour(library: Library, gone: str) -> None:
    library.run(_drawn(library))
    library.use_model(library.add_model("2"))
    forget_it, classifier = _forgetting(library, gone), library.services.classifier

    def forget_then_classify(model: ActiveModel) -> Classifier:
        forget_it()
        return classifier(model)

    library.services = replace(library.services, classifier=forget_then_classify)
    library.run([Sweep()])
    assert _left(library) == {name: item for name, item in SHOWN.items() if name != gone}
    assert {row.model for row in library.find("judged:yes")} == {"stub@2"}


def test_a_photo_looked_at_anew_while_it_is_judged_is_judged_by_what_is_seen_now(library: Library) -> None:
    library.run(_drawn(library))
    library.use_model(library.add_model("2"))
    (row,) = library.find("path:b.jpg")
    classifier, left = library.services.classifier, [row.photo_id]

    def detect_then_classify(model: ActiveModel) -> Classifier:
        if left:
            photo_id = left.pop()
            with writing(library.services.engine) as tx:
                results.drop_detections(tx, [photo_id])
            handle(replace(library.services, classifier=classifier), Detect((photo_id,)))
        return classifier(model)

    library.services = replace(library.services, classifier=detect_then_classify)
    library.run([Sweep()])
    library.run([Sweep()])
    assert _left(library) == SHOWN
    assert {row.model for row in library.find("judged:yes")} == {"stub@2"}


def test_a_file_forgotten_while_it_is_read_leaves_no_trace(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.draw("b.jpg", SAD)
    root = roots.add(library.services.engine, str(library.folder), library.now)
    (identify,) = handle(library.services, ScanRoot(root.id)).messages
    forget_it = _forgetting(library, "a.jpg")

    def forget_then_tell() -> float:
        forget_it()
        return library.now

    library.services = replace(library.services, clock=forget_then_tell)
    library.run([identify])
    assert _left(library) == {"b.jpg": "sad"}
    with reading(library.services.engine) as tx:
        assert len(erase.page(tx, after=0)) == 1
