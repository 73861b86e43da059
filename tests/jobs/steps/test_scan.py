"""Scanning: what changed on disk changes the index, and nothing is read twice, lost or believed too easily."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from organiser.core.emotion import Emotion
from organiser.index.db.engine import reading
from organiser.index.tables import failures, roots
from organiser.jobs.messages import Sweep
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD, DrawnFace, empty, huge_header, not_a_picture, scene, truncated
from tests.raw_photos import drawn_dng


def test_a_folder_is_read_and_judged(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.draw("trip/b.png", SAD)
    library.draw("trip/c.jpg")
    counts = library.scan()
    assert (counts["new"], counts["detected"], counts["faces"], counts["judged"]) == (3, 3, 2, 3)
    assert library.names("emotion:happy") == ["a.jpg"]
    assert library.names("emotion:sad") == ["trip/b.png"]
    assert library.names("reason:no_face") == ["trip/c.jpg"]


def test_a_second_scan_reads_nothing(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    assert library.scan() == {"same": 1, "detect messages": 0}


def test_a_renamed_or_moved_photo_keeps_its_verdict_without_being_read(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    (before,) = library.find()
    library.move("a.jpg", "2024/party.jpg")
    counts = library.scan()
    (after,) = library.find()
    assert (counts["moved"], counts["identified"], counts["detected"]) == (1, 0, 0)
    assert (after.photo_id, after.relpath, after.emotion) == (before.photo_id, "2024/party.jpg", "happy")


def test_a_photo_copied_to_another_root_and_deleted_here_is_the_same_photo(library: Library, tmp_path: Path) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    (before,) = library.find()
    other = tmp_path / "other"
    other.mkdir()
    shutil.copyfile(library.folder / "a.jpg", other / "b.jpg")
    counts = library.scan(other)
    library.draw("c.jpg")
    os.unlink(library.folder / "a.jpg")
    library.scan()
    assert counts["detected"] == 0
    assert [row.path for row in library.find() if row.photo_id == before.photo_id] == [str(other / "b.jpg")]


def test_copies_are_judged_once(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    for number in range(3):
        shutil.copyfile(library.folder / "a.jpg", library.folder / f"copy {number}.jpg")
    counts = library.scan()
    assert (counts["identified"], counts["detected"]) == (4, 1)
    (row,) = library.find()
    assert row.files == 4


def test_an_edited_picture_is_a_new_photo_and_the_old_one_is_gone(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    (before,) = library.find()
    library.draw("a.jpg", SAD)
    library.scan()
    (after,) = library.find()
    assert (after.photo_id != before.photo_id, after.emotion) == (True, "sad")


def test_a_keyword_written_by_another_program_makes_no_new_photo(library: Library) -> None:
    path = library.draw("a.jpg", HAPPY)
    library.scan()
    (before,) = library.find()
    data = path.read_bytes()
    comment = b"\xff\xfe\x00\x0bkeyword: x"[:13]
    path.write_bytes(data[:2] + comment + data[2:])
    counts = library.scan()
    (after,) = library.find()
    assert (counts["changed"], counts["identified"], counts["detected"]) == (1, 1, 0)
    assert after.photo_id == before.photo_id


def test_a_deleted_photo_is_missing_then_purged_after_its_grace(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.draw("b.jpg", HAPPY)
    library.scan()
    os.unlink(library.folder / "a.jpg")
    assert library.scan()["missing"] == 1
    assert library.names() == ["b.jpg"]
    assert library.names("missing:yes") == ["a.jpg"]
    library.now += library.services.jobs.grace + 1
    assert library.run([Sweep()])["purged"] == 1
    assert library.names("missing:yes") == []


def test_a_photo_that_comes_back_is_as_it_was(library: Library, tmp_path: Path) -> None:
    library.draw("a.jpg", HAPPY)
    library.draw("b.jpg", HAPPY)
    library.scan()
    shutil.move(library.folder / "a.jpg", tmp_path / "away.jpg")
    library.scan()
    shutil.move(tmp_path / "away.jpg", library.folder / "a.jpg")
    counts = library.scan()
    assert (counts["returned"], counts["detected"]) == (1, 0)
    assert library.names("emotion:happy") == ["a.jpg", "b.jpg"]


def test_an_emptied_root_is_offline_and_loses_nothing(library: Library, tmp_path: Path) -> None:
    for number in range(3):
        library.draw(f"{number}.jpg", HAPPY)
    library.scan()
    library.folder.rename(tmp_path / "away")
    library.folder.mkdir()
    counts = library.scan()
    assert counts["missing"] == 0
    assert "offline" in library.notes[0]
    library.now += library.services.jobs.grace + 1
    library.run([Sweep()])
    assert len(library.names("emotion:happy")) == 3
    with reading(library.services.engine) as tx:
        assert [root.offline_reason for root in roots.every(tx)] == ["3 of 3 files are gone at once"]


def test_a_root_that_is_not_there_is_offline_and_recovers(library: Library, tmp_path: Path) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    library.folder.rename(tmp_path / "away")
    library.scan()
    with reading(library.services.engine) as tx:
        assert roots.every(tx)[0].offline_since == library.now
    (tmp_path / "away").rename(library.folder)
    assert library.scan()["same"] == 1
    with reading(library.services.engine) as tx:
        assert roots.every(tx)[0].offline_since is None


def test_a_loss_that_a_person_confirms_is_believed(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    os.unlink(library.folder / "a.jpg")
    assert library.scan()["missing"] == 0
    assert library.scan(confirm_missing=True)["missing"] == 1


def test_what_an_ignore_file_covers_is_forgotten(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.draw("private/b.jpg", SAD)
    library.scan()
    (library.folder / "private" / ".organiser-ignore").touch()
    assert library.scan()["ignored"] == 1
    assert library.names() == ["a.jpg"]
    assert library.names("missing:yes") == []


def test_bad_pictures_are_failures_with_reasons_and_their_neighbours_are_done(library: Library) -> None:
    library.draw("good.jpg", HAPPY)
    empty(library.folder / "empty.jpg")
    not_a_picture(library.folder / "text.jpg")
    huge_header(library.folder / "bomb.png")
    truncated(library.folder / "cut.jpg", faces=[HAPPY], seed=99)
    (library.folder / "folder.jpg").mkdir()
    counts = library.scan()
    assert (counts["detected"], counts["failed"]) == (1, 4)
    with reading(library.services.engine) as tx:
        kinds = {Path(failure.path).name: failure.kind for failure in failures.every(tx)}
    assert kinds == {
        "empty.jpg": "empty",
        "text.jpg": "not_a_picture",
        "bomb.png": "too_large",
        "cut.jpg": "truncated",
    }
    assert library.scan()["failed"] == 0


def test_a_repaired_picture_is_read_again(library: Library) -> None:
    truncated(library.folder / "a.jpg", faces=[HAPPY])
    library.scan()
    library.draw("a.jpg", HAPPY)
    assert library.scan()["detected"] == 1
    assert library.names("emotion:happy") == ["a.jpg"]
    with reading(library.services.engine) as tx:
        assert failures.every(tx) == []


def test_a_part_of_a_root_can_be_scanned_alone(library: Library) -> None:
    library.draw("a/1.jpg", HAPPY)
    library.draw("b/2.jpg", SAD)
    library.scan()
    os.unlink(library.folder / "b/2.jpg")
    library.draw("a/3.jpg", SAD)
    counts = library.scan(trees=("a",))
    assert (counts["new"], counts["missing"], counts["same"]) == (1, 0, 1)


def test_a_parent_handed_over_later_takes_the_inner_root_in(library: Library) -> None:
    library.draw("trip/a.jpg", HAPPY)
    library.scan(library.folder / "trip")
    counts = library.scan()
    assert (counts["same"], counts["detected"]) == (1, 0)
    assert library.names() == ["trip/a.jpg"]


def test_names_that_are_no_utf8_are_read(library: Library) -> None:
    path = library.draw("a.jpg", HAPPY)
    os.rename(path, os.fsencode(library.folder) + b"/caf\xe9.jpg")
    library.scan()
    (row,) = library.find("emotion:happy")
    assert os.path.exists(row.path)


def test_a_mixed_photo_has_no_emotion(library: Library) -> None:
    library.draw("a.jpg", DrawnFace(Emotion.HAPPY, 0.3, 0.5, 0.4), DrawnFace(Emotion.SAD, 0.7, 0.5, 0.4))
    library.scan()
    (row,) = library.find()
    assert (row.emotion, row.reason, row.faces) == (None, "mixed", 2)


def _draw_raw(library: Library, name: str) -> None:
    (library.folder / name).write_bytes(drawn_dng(scene(640, 480, [HAPPY]), 1))


def test_camera_raw_files_are_found_and_judged_by_their_preview(library: Library) -> None:
    _draw_raw(library, "IMG_1.DNG")
    library.scan()
    assert library.names("emotion:happy") == ["IMG_1.DNG"]
    assert library.notes == []


def test_without_the_extra_raw_files_are_counted_once_and_no_failures(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    _draw_raw(library, "known.dng")
    library.scan()
    monkeypatch.setitem(sys.modules, "rawpy", None)  # as if it were not installed
    library.reopen()
    _draw_raw(library, "1.dng")
    _draw_raw(library, "2.CR3")
    counts = library.scan()
    assert (counts["same"], counts["new"], counts["missing"]) == (1, 0, 0)
    assert library.notes == ["camera raw files are not read, 2 here: pip install 'organiser[raw]'"]
    assert library.names("emotion:happy") == ["known.dng"]
    with reading(library.services.engine) as tx:
        assert failures.every(tx) == []


def test_raw_files_passed_over_are_read_once_the_extra_is_there(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    _draw_raw(library, "1.dng")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "rawpy", None)
        library.reopen()
        library.scan()
    assert library.names() == []
    library.reopen()
    library.scan()
    assert library.names("emotion:happy") == ["1.dng"]


def test_a_name_of_private_characters_is_not_taken_for_one_that_is_no_utf8(library: Library) -> None:
    names = sorted(["a\uf780.jpg", "a\udc80.jpg", "\uf7ff\udcff.jpg"])
    for name in names:
        library.draw(name, HAPPY)
    library.scan()
    assert library.names("emotion:happy") == names
    assert [row.relpath for row in library.find("path:a\uf780.jpg")] == ["a\uf780.jpg"]
    assert library.scan() == {"same": 3, "detect messages": 0}


def test_a_file_of_a_year_that_no_index_can_keep_is_scanned_and_known_again(library: Library) -> None:
    for name, year in (("late.jpg", 430 * 365), ("early.jpg", -70 * 365)):
        path = library.draw(name, HAPPY)
        os.utime(path, (year * 86_400, year * 86_400))
    assert library.scan()["new"] == 2
    assert library.names("faces:1..") == ["early.jpg", "late.jpg"]
    assert library.scan()["same"] == 2
