"""The last edge: what judging changed is placed, at once where somebody waits, else when nothing else is left to do."""

from pathlib import Path

import pytest

from organiser.jobs.actions import roots
from organiser.jobs.collections import manage
from organiser.jobs.messages import Detect, Judge, Message, Place, ScanRoot
from organiser.jobs.steps.follow_ups import placing_requested
from organiser.jobs.steps.handle import handle
from tests.jobs.library import Library
from tests.photos import HAPPY


@pytest.fixture
def target(library: Library, tmp_path: Path) -> Path:
    """Where collections go; a photo lies there to be scanned."""
    manage.set_built_in(library.services, str(tmp_path / "collections"), "copy")
    library.run([Place()])
    library.draw("a.jpg", HAPPY)
    return tmp_path / "collections"


def _scan(library: Library, *, fresh: bool) -> ScanRoot:
    return ScanRoot(roots.add(library.services.engine, str(library.folder), library.now).id, fresh=fresh)


def test_a_fresh_photo_ends_up_in_its_collection_without_being_asked_for(library: Library, target: Path) -> None:
    assert library.run([_scan(library, fresh=True)])["placed"] == 1
    assert (target / "happy" / "a.jpg").exists()


def test_a_bulk_of_photos_is_placed_when_whoever_has_nothing_left_to_do_asks(library: Library, target: Path) -> None:
    assert library.run([_scan(library, fresh=False)])["placed"] == 0
    assert library.run(placing_requested(library.services))["placed"] == 1


@pytest.mark.parametrize("kind", [Detect, Judge])
def test_only_what_was_judged_is_placed(library: Library, target: Path, kind: type[Detect] | type[Judge]) -> None:
    library.run([_scan(library, fresh=False)])
    (row,) = library.find()
    message: Message = kind((row.photo_id,), fresh=True)
    assert handle(library.services, message).messages == ()  # it is judged already
    library.use_model(library.add_model("2"))
    follow = handle(library.services, Judge((row.photo_id,), 7, fresh=True)).messages
    assert follow == (Place((row.photo_id,), 7, fresh=True),)
