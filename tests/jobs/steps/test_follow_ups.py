"""Collections are filled when the last of a bulk of photos is judged, not half a minute later."""

from pathlib import Path

from organiser.jobs.actions import roots
from organiser.jobs.collections import manage
from organiser.jobs.messages import Detect, Identify, Message, Place, ScanRoot
from organiser.jobs.steps.follow_ups import placing_at_the_end
from organiser.jobs.steps.handle import handle
from tests.jobs.library import Library
from tests.photos import HAPPY


def _do(library: Library, message: Message) -> tuple[tuple[Message, ...], tuple[Place, ...]]:
    done = handle(library.services, message)
    return done.messages, placing_at_the_end(library.services, message, done)


def test_the_last_of_a_bulk_has_the_collections_filled(library: Library, tmp_path: Path) -> None:
    manage.set_built_in(library.services, str(tmp_path / "collections"), None)
    for number in range(3):
        library.draw(f"{number}.jpg", HAPPY)
    library.detect_apart()
    root = roots.add(library.services.engine, str(library.folder), library.now)
    ((identify,), nothing) = _do(library, ScanRoot(root.id))
    assert nothing == ()
    assert isinstance(identify, Identify)
    ((detect,), nothing) = _do(library, identify)
    assert nothing == ()
    assert isinstance(detect, Detect)
    first, *rest = detect.photo_ids
    assert _do(library, Detect((first,))) == ((), ())
    assert _do(library, Detect(tuple(rest))) == ((), (Place(),))
    assert _do(library, Detect(tuple(rest))) == ((), ())
    assert library.run([Place()])["placed"] == 3


def test_what_is_fresh_or_in_other_hands_or_paused_does_not(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.draw("b.jpg", HAPPY)
    library.detect_apart()
    root = roots.add(library.services.engine, str(library.folder), library.now)
    (identify,) = handle(library.services, ScanRoot(root.id)).messages
    (detect,) = handle(library.services, identify).messages
    assert isinstance(detect, Detect)
    first, second = detect.photo_ids
    done = handle(library.services, Detect((first,)))
    assert placing_at_the_end(library.services, Detect((first,), fresh=True), done) == ()
    assert placing_at_the_end(library.services, Detect((first,)), done) == ()
    handle(library.services, Detect((second,)))
    assert placing_at_the_end(library.services, ScanRoot(root.id), done) == ()
