"""Placing: collections follow their queries, twice is once, and what is not ours is never touched."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from organiser.core.collections.collection import Collection
from organiser.core.collections.placement import PlacementMode
from organiser.core.emotion import Emotion
from organiser.core.judging.correction import Correction
from organiser.errors import OrganiserError
from organiser.index.db.engine import host_name, reading, writing
from organiser.index.tables import collections as saved
from organiser.index.tables import corrections, results
from organiser.index.work import locks
from organiser.index.work.locks import Holder
from organiser.jobs.collections import manage
from organiser.jobs.collections.lock import Busy, kept, placing
from organiser.jobs.collections.undo import undo
from organiser.jobs.messages import Place, Sweep
from organiser.jobs.services import TagOptions
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD

SOMEBODY = Holder("somebody", "theirs")


@pytest.fixture
def target(library: Library, tmp_path: Path) -> Path:
    """Where collections go; three photos are judged, two happy and one sad."""
    library.draw("a.jpg", HAPPY)
    library.draw("trip/a.jpg", HAPPY)
    library.draw("b.jpg", SAD)
    library.scan()
    return tmp_path / "collections"


def _tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".organiser")
    }


def _happy_names(target: Path) -> list[str]:
    return sorted(path.name for path in (target / "happy").glob("*.jpg"))


def test_happy_and_sad_are_filled(library: Library, target: Path) -> None:
    manage.set_built_in(library.services, str(target), None)
    assert library.run([Place()])["placed"] == 3
    assert len(_happy_names(target)) == 2
    assert (target / "sad" / "b.jpg").read_bytes() == (library.folder / "b.jpg").read_bytes()


def test_a_second_sync_changes_nothing(library: Library, target: Path) -> None:
    manage.set_built_in(library.services, str(target), None)
    library.run([Place()])
    before = _tree(target)
    assert library.run([Place()]) == {"detect messages": 0}
    assert _tree(target) == before


def test_names_that_clash_are_told_apart_by_digest_not_by_order(library: Library, target: Path) -> None:
    manage.set_built_in(library.services, str(target), None)
    library.run([Place()])
    assert all(name.startswith("a~") and len(name) == len("a~12345678.jpg") for name in _happy_names(target))


@pytest.mark.parametrize("mode", ["copy", "hardlink", "symlink"])
def test_every_mode_shows_the_same_pictures(library: Library, target: Path, mode: str) -> None:
    manage.set_built_in(library.services, str(target), mode)
    library.run([Place()])
    originals = {hashlib.sha256(path.read_bytes()).hexdigest() for path in library.folder.rglob("*.jpg")}
    assert set(_tree(target).values()) == originals


def test_a_photo_whose_verdict_changes_moves(library: Library, target: Path) -> None:
    manage.set_built_in(library.services, str(target), None)
    library.run([Place()])
    (row,) = library.find("emotion:sad")
    with writing(library.services.engine) as tx:
        corrections.record(tx, Correction(row.photo_id, None, "is", Emotion.HAPPY, "me", 1.0))
        results.drop_detections(tx, [row.photo_id])
    library.run([Sweep()])
    library.run([Place()])
    assert list((target / "sad").glob("*.jpg")) == []
    assert "b.jpg" in _happy_names(target)


def test_an_edited_copy_is_left_and_told(library: Library, target: Path) -> None:
    manage.set_built_in(library.services, str(target), "copy")
    library.run([Place()])
    (target / "sad" / "b.jpg").write_bytes(b"my edit")
    (library.folder / "b.jpg").unlink()
    library.draw("c.jpg", SAD)
    library.scan()
    library.run([Place()])
    assert (target / "sad" / "b.jpg").read_bytes() == b"my edit"
    assert any("b.jpg" in note for note in library.notes)


def test_a_foreign_file_is_never_replaced(library: Library, target: Path) -> None:
    (target / "sad").mkdir(parents=True)
    (target / "sad" / "b.jpg").write_bytes(b"mine")
    manage.set_built_in(library.services, str(target), None)
    library.run([Place()])
    assert (target / "sad" / "b.jpg").read_bytes() == b"mine"


def test_collections_are_never_scanned(library: Library, target: Path) -> None:
    manage.set_built_in(library.services, str(library.folder / "sorted"), None)
    library.run([Place()])
    assert library.scan()["new"] == 0


def test_undo_restores_the_tree(library: Library, target: Path) -> None:
    manage.set_built_in(library.services, str(target), None)
    library.run([Place()])
    done = undo(library.services)
    assert done.counts["undone"] == 3
    assert _tree(target) == {}


def test_a_removed_collection_takes_its_files_away(library: Library, target: Path) -> None:
    library_of_sad = Collection("gloom", "emotion:sad", PlacementMode.AUTO, str(target / "gloom"))
    collection = manage.add(library.services, library_of_sad)
    library.run([Place()])
    assert (target / "gloom" / "b.jpg").exists()
    manage.remove(library.services, collection)
    assert not (target / "gloom").exists()


def test_a_target_that_holds_a_root_is_refused(library: Library, target: Path) -> None:
    with pytest.raises(OrganiserError, match="root"):
        manage.set_built_in(library.services, str(library.folder.parent.parent), None)
        manage.add(library.services, Collection("all", "", PlacementMode.AUTO, str(library.folder.parent)))


def test_tags_are_written_beside_and_taken_away_again(library: Library, target: Path) -> None:
    manage.add(library.services, Collection("happy ones", "emotion:happy", PlacementMode.TAG))
    assert library.run([Place()])["tagged"] == 2
    sidecar = library.folder / "a.jpg.xmp"
    assert b"happy ones" in sidecar.read_bytes()
    assert library.scan()["new"] == 0
    with reading(library.services.engine) as tx:
        collection = saved.get(tx, "happy ones")
    assert collection is not None
    manage.remove(library.services, collection)
    assert not sidecar.exists()


def test_what_is_ignored_from_now_on_leaves_its_collections(library: Library, target: Path) -> None:
    manage.set_built_in(library.services, str(target), None)
    library.run([Place()])
    (library.folder / "trip" / ".organiser-ignore").touch()
    assert library.scan()["ignored"] == 1
    assert len(_happy_names(target)) == 1
    assert (library.folder / "trip" / "a.jpg").exists()


def test_only_one_process_places_at_a_time(library: Library, target: Path) -> None:
    manage.set_built_in(library.services, str(target), None)
    with writing(library.services.engine) as tx:
        assert locks.claim(tx, "placing", SOMEBODY, library.now, 60)
    assert library.run([Place()])["placed"] == 0
    assert "another process" in library.notes[0]
    library.now += 61
    assert library.run([Place()])["placed"] == 3


def test_faces_are_named_in_regions_when_asked(library: Library, target: Path) -> None:
    library.services = replace(library.services, tags=TagOptions(regions=True))
    manage.add(library.services, Collection("gloom", "emotion:sad", PlacementMode.TAG))
    assert library.run([Place()])["tagged"] == 1
    assert b"mwg-rs" in (library.folder / "b.jpg.xmp").read_bytes()


def test_an_embedded_tag_makes_no_new_photo_and_no_work(library: Library, target: Path) -> None:
    library.services = replace(library.services, tags=TagOptions(embed=True))
    manage.add(library.services, Collection("gloom", "emotion:sad", PlacementMode.TAG))
    (before,) = library.find("emotion:sad")
    assert library.run([Place()])["tagged"] == 1
    assert not (library.folder / "b.jpg.xmp").exists()
    assert b"gloom" in (library.folder / "b.jpg").read_bytes()
    assert library.scan()["detected"] == 0
    (after,) = library.find("emotion:sad")
    assert after.photo_id == before.photo_id
    assert library.run([Place()])["tagged"] == 0


def test_the_lock_of_a_process_that_is_gone_is_free(library: Library, target: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    manage.set_built_in(library.services, str(target), None)
    with writing(library.services.engine) as tx:
        assert locks.claim(tx, "placing", Holder(f"{host_name()}:{gone.pid}", "theirs"), library.now, 300)
    assert library.run([Place()])["placed"] == 3


def test_the_lock_is_kept_while_a_sync_takes_longer_than_it_lasts(library: Library, target: Path) -> None:
    for number in range(20):
        library.draw(f"{number}.jpg", HAPPY)
    library.scan()
    manage.set_built_in(library.services, str(target), None)
    engine, began, seen = library.services.engine, library.now, []

    def clock() -> float:
        with reading(engine) as tx:
            seen.append(locks.holder(tx, "placing", library.now))
        library.now += 90
        return library.now

    library.services = replace(library.services, clock=clock)
    assert library.run([Place()])["placed"] == 23
    assert library.now - began > 600
    while seen[0] is None:  # not taken yet
        seen.pop(0)
    (holder,) = set(seen)
    assert holder.owner == library.services.owner()


def test_who_lost_the_lock_goes_no_further(library: Library) -> None:
    with placing(library.services) as mine:
        assert mine
        keep = kept(library.services)
        library.now += 301
        with writing(library.services.engine) as tx:
            assert locks.claim(tx, "placing", SOMEBODY, library.now, 300)
        with pytest.raises(Busy):
            keep("planned")
    with reading(library.services.engine) as tx:
        assert locks.holder(tx, "placing", library.now) == SOMEBODY
