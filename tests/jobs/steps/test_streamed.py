"""A root that is recorded while it is walked: whatever is walked early or late, moves are moves and losses are losses."""

import os
import shutil
from pathlib import Path

import pytest

from organiser.index.db.engine import reading
from organiser.index.tables import library as rows
from organiser.jobs.actions import roots
from organiser.jobs.drivers import full_scan
from organiser.jobs.messages import Identify, ScanRoot
from organiser.jobs.outcome import Outcome
from organiser.jobs.steps import streamed
from organiser.jobs.steps.scan import scan_in_parts
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record two files at a time."""
    monkeypatch.setattr(streamed, "_FILES", 2)
    monkeypatch.setattr(streamed, "_MOST_MET", 3)


def _draw(library: Library) -> None:
    for name in ("a/1", "a/2", "a/3", "m/4", "m/5", "z/6", "z/7", "z/8"):
        library.draw(f"{name}.jpg", HAPPY, size=(80, 60))


def _parts(library: Library) -> list[Outcome]:
    root = roots.add(library.services.engine, str(library.folder), library.now)
    return list(scan_in_parts(library.services, ScanRoot(root.id)))


def test_work_follows_from_each_part_once_it_is_recorded(library: Library) -> None:
    _draw(library)
    root = roots.add(library.services.engine, str(library.folder), library.now)
    parts = scan_in_parts(library.services, ScanRoot(root.id))
    first = next(parts)
    assert [len(message.file_ids) for message in first.messages if isinstance(message, Identify)] == [2]
    assert library.run(first.messages)["judged"] == 2
    assert sum((part.counts["new"] for part in parts), first.counts["new"]) == 8
    assert library.scan()["unread"] == 6
    assert len(library.names("emotion:happy")) == 8


@pytest.mark.parametrize(("old", "new"), [("a/1.jpg", "z/new.jpg"), ("z/6.jpg", "a/new.jpg"), ("m/4.jpg", "top.jpg")])
def test_a_file_that_moved_keeps_its_photo_whichever_folder_is_walked_first(
    library: Library, old: str, new: str
) -> None:
    _draw(library)
    library.scan()
    (before,) = [row for row in library.find() if row.relpath == old]
    library.move(old, new)
    counts = library.scan()
    assert (counts["moved"], counts["new"], counts["missing"], counts["same"]) == (1, 0, 0, 7)
    (after,) = [row for row in library.find() if row.relpath == new]
    assert after.photo_id == before.photo_id


def test_two_files_that_swapped_folders_are_told_apart(library: Library) -> None:
    _draw(library)
    library.scan()
    photo_of = {row.relpath: row.photo_id for row in library.find()}
    library.move("a/1.jpg", "spare.jpg")
    library.move("z/6.jpg", "a/1.jpg")
    library.move("spare.jpg", "z/6.jpg")
    library.scan()
    now = {row.relpath: row.photo_id for row in library.find()}
    assert (now["a/1.jpg"], now["z/6.jpg"]) == (photo_of["z/6.jpg"], photo_of["a/1.jpg"])
    assert now.keys() == photo_of.keys()


def test_a_hard_link_to_a_known_file_is_new(library: Library) -> None:
    _draw(library)
    library.scan()
    os.link(library.folder / "z/6.jpg", library.folder / "a/0.jpg")
    counts = library.scan()
    assert (counts["new"], counts["moved"], counts["missing"]) == (1, 0, 0)


def test_nothing_is_missing_before_the_walk_has_ended(library: Library) -> None:
    _draw(library)
    library.scan()
    os.unlink(library.folder / "a/1.jpg")
    library.draw("a/9.jpg", SAD, size=(80, 60))
    library.draw("b/9.jpg", SAD, size=(80, 60))
    root = roots.add(library.services.engine, str(library.folder), library.now)
    parts = scan_in_parts(library.services, ScanRoot(root.id))
    assert next(parts).counts["missing"] == 0
    parts.close()  # the process was killed here
    with reading(library.services.engine) as tx:
        assert rows.count_present(tx, root.id) >= 9
    assert library.names("missing:yes") == []
    assert library.scan()["missing"] == 1
    assert library.names("missing:yes") == ["a/1.jpg"]
    assert len(library.names("emotion:sad")) == 2


def test_a_loss_is_judged_by_the_whole_root(library: Library) -> None:
    _draw(library)
    library.scan()
    for folder in ("a", "m", "z"):
        shutil.rmtree(library.folder / folder)
    assert library.scan()["missing"] == 0
    assert any("offline" in note for note in library.notes)
    assert len(library.names()) == 8


def test_what_is_back_and_what_changed_is_found_in_any_part(library: Library, tmp_path: Path) -> None:
    _draw(library)
    library.scan()
    shutil.move(library.folder / "z/8.jpg", tmp_path / "away.jpg")
    library.scan()
    shutil.move(tmp_path / "away.jpg", library.folder / "z/8.jpg")
    library.draw("a/2.jpg", SAD, size=(80, 60))
    counts = library.scan()
    assert (counts["returned"], counts["changed"], counts["missing"], counts["same"]) == (1, 1, 0, 6)
    assert library.names("emotion:sad") == ["a/2.jpg"]


def test_a_dry_run_says_what_the_scan_then_does(library: Library) -> None:
    _draw(library)
    library.scan()
    library.move("z/6.jpg", "a/0.jpg")
    os.unlink(library.folder / "m/4.jpg")
    library.draw("m/9.jpg", SAD, size=(80, 60))
    (diff,) = full_scan.plan(library.services, full_scan.Request((str(library.folder),)))
    counts: dict[str, int] = {}
    for part in _parts(library):
        for word, count in part.counts.items():
            counts[word] = counts.get(word, 0) + count
    plan = diff.plan
    assert counts == {"new": len(plan.new), "moved": len(plan.moved), "missing": len(plan.missing), "same": plan.same}
