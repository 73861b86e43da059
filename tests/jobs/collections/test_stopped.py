"""A person stops what fills a collection: what was done stays done, and the next one goes on from there."""

from pathlib import Path

import pytest

from organiser.core.collections.collection import Collection
from organiser.core.collections.placement import PlacementMode
from organiser.index.db.engine import reading
from organiser.index.tables import journal
from organiser.jobs.collections import manage
from organiser.jobs.collections.progress import Progress, Stopped
from organiser.jobs.collections.undo import undo
from tests.jobs.library import Library
from tests.photos import HAPPY


def files(folder: Path) -> int:
    return sum(path.is_file() and path.name[0] != "." for path in folder.rglob("*"))


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".organiser-*") if path.name != ".organiser-collection"]


def after(steps: int, seen: list[tuple[int, int]]) -> Progress:
    """A progress that wants no more once so many steps are done."""

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done >= steps:
            raise Stopped("it was stopped")

    return progress


@pytest.mark.parametrize("mode", [PlacementMode.COPY, PlacementMode.SYMLINK])
def test_a_stopped_sync_leaves_nothing_half_done_and_goes_on(
    library: Library, tmp_path: Path, mode: PlacementMode
) -> None:
    for number in range(12):
        library.draw(f"{number}.jpg", HAPPY)
    library.scan()
    target = tmp_path / "glad"
    glad = manage.add(library.services, Collection("glad", "emotion:happy", mode, str(target)))
    seen: list[tuple[int, int]] = []
    done = manage.sync_one(library.services, glad, progress=after(5, seen))
    assert seen == [(number, 12) for number in range(1, 6)]
    assert any("goes on from here" in note for note in done.notes)
    assert hidden(target) == []
    with reading(library.services.engine) as tx:
        assert journal.planned(tx) == []
    manage.sync_one(library.services, glad, progress=after(100, seen))
    assert files(target) == 12
    assert manage.verify(library.services, glad) == []


def test_a_removal_and_an_undo_are_stopped_and_repeated(library: Library, tmp_path: Path) -> None:
    for number in range(6):
        library.draw(f"{number}.jpg", HAPPY)
    library.scan()
    target = tmp_path / "glad"
    glad = manage.add(library.services, Collection("glad", "emotion:happy", PlacementMode.COPY, str(target)))
    manage.sync_one(library.services, glad)
    seen: list[tuple[int, int]] = []
    with pytest.raises(Stopped):
        manage.verify(library.services, glad, after(2, seen))
    assert seen == [(1, 6), (2, 6)]
    stopped = undo(library.services, only=glad, progress=after(2, seen))
    assert (stopped.counts["undone"], files(target)) == (2, 4)
    undo(library.services, only=glad)
    assert files(target) == 0
    manage.sync_one(library.services, glad)
    with pytest.raises(Stopped):
        manage.remove(library.services, glad, progress=after(2, seen))
    manage.remove(library.services, glad)
    assert not target.exists()
