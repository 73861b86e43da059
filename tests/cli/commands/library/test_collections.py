"""`organiser collections`: saved queries that become folders, and go again."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.command import Organiser
from tests.placing.volumes import elsewhere


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")


def test_happy_and_sad_are_there_from_the_start(organiser: Organiser) -> None:
    every = json.loads(organiser("collections", "list", "--json").out)
    assert [(row["name"], row["query"], row["target"]) for row in every] == [
        ("happy", "emotion:happy", None),
        ("sad", "emotion:sad", None),
    ]


def test_a_collection_is_added_synced_and_removed(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    target = tmp_path / "places" / "pairs"
    assert (
        organiser("collections", "add", "pairs", "faces:2..", "--to", target, "--layout", "{taken:%Y}/{name}").code == 0
    )
    planned = json.loads(organiser("collections", "sync", "--dry-run", "--json").out)
    assert [(row["act"], row["destination"]) for row in planned] == [("create", "2023/pair.jpg")]
    assert not target.exists()
    assert "1 placed" in organiser("collections", "sync").talk
    assert _files(target) == ["2023/pair.jpg"]
    assert "everything is in place" in organiser("collections", "sync", "pairs").talk
    shown = json.loads(organiser("collections", "show", "pairs", "--json").out)
    assert (shown["selected"], shown["placed"]) == (1, 1)
    assert organiser("collections", "remove", "pairs").code == 0
    assert not target.exists()
    assert "pairs" not in organiser("collections", "list").out


def test_a_folder_that_is_no_collection_any_more_loses_its_marker(organiser: Organiser, tmp_path: Path) -> None:
    places = [tmp_path / "places" / name for name in ("old", "new", "kept")]
    organiser("collections", "add", "none", "emotion:angry", "--to", places[0])
    for old, new, *options in ((places[0], places[1]), (places[1], places[2], "--keep-files")):
        organiser("collections", "sync")
        assert (old / ".organiser-collection").exists()
        (old / "mine.txt").touch()
        organiser("collections", "edit", "none", "--to", new, *options)
        assert [path.name for path in old.iterdir()] == ["mine.txt"]
    organiser("collections", "sync")
    marker = places[2] / ".organiser-collection"
    marker.write_text(marker.read_text().replace('"none"', '"somebody else\'s"'))
    assert organiser("collections", "remove", "none").code == 0
    assert marker.exists()


def test_a_person_decides_what_a_sync_takes_away(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    target = tmp_path / "all"
    organiser("collections", "add", "all", "faces:1..", "--to", target)
    organiser("collections", "sync", "all")
    assert _files(target) == ["happy.jpg", "pair.jpg", "sad.png"]
    organiser("collections", "edit", "all", "--query", "emotion:angry")
    assert organiser("collections", "sync", "--keep", "pair.jpg").code == 2
    assert "1 forgotten" in organiser("collections", "sync", "all", "--keep", "pair.jpg", "--drop", "nothing").talk
    assert _files(target) == ["pair.jpg"]
    assert "in place" in organiser("collections", "sync", "all").talk


def test_a_name_is_taken_once(organiser: Organiser) -> None:
    organiser("collections", "add", "glad", "emotion:happy")
    refused = organiser("collections", "edit", "glad", "--name", "sad")
    assert (refused.code, "already" in refused.talk) == (1, True)


def test_a_correction_moves_a_photo_at_once(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    for name in ("happy", "sad"):
        organiser("collections", "edit", name, "--to", tmp_path / name, "--mode", "symlink")
    organiser("collections", "sync")
    assert (_files(tmp_path / "happy"), _files(tmp_path / "sad")) == (["happy.jpg"], ["sad.png"])
    organiser("correct", photos / "happy.jpg", "--as", "sad")
    assert (_files(tmp_path / "happy"), _files(tmp_path / "sad")) == ([], ["happy.jpg", "sad.png"])


def test_a_copy_in_a_collection_can_be_corrected(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy", "--mode", "copy")
    organiser("collections", "sync")
    organiser("correct", tmp_path / "happy" / "happy.jpg", "--as", "nothing")
    assert _files(tmp_path / "happy") == []


def test_what_somebody_changed_is_told_and_left(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy", "--mode", "copy")
    organiser("collections", "sync")
    assert organiser("collections", "verify").code == 0
    (tmp_path / "happy" / "happy.jpg").write_bytes(b"mine now")
    ran = organiser("collections", "verify", "happy", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)[0]["state"] == "edited"
    assert "1 photo" in organiser("forget", photos / "happy.jpg").talk
    assert (tmp_path / "happy" / "happy.jpg").read_bytes() == b"mine now"


def test_forgetting_takes_placements_and_tags_away(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy", "--mode", "copy")
    organiser("collections", "edit", "sad", "--mode", "tag")
    organiser("collections", "sync")
    assert (photos / "sad.png.xmp").exists()
    ran = organiser("forget", photos, "--json")
    erased = json.loads(ran.out)["erased"]
    assert (erased["removed"], erased["untagged"]) == (1, 1)
    assert _files(tmp_path / "happy") == []
    assert not (photos / "sad.png.xmp").exists()
    assert "nothing to undo" in organiser("collections", "undo").talk


def test_an_undone_collection_stays_so_until_it_is_synced_by_hand(
    organiser: Organiser, photos: Path, home: Path, tmp_path: Path
) -> None:
    for name in ("happy", "sad"):
        organiser("collections", "edit", name, "--to", tmp_path / name)
        organiser("collections", "sync", name)
    ran = organiser("collections", "undo")
    assert ran.code == 0
    assert "`organiser collections sync sad` has the query" in ran.talk
    assert (_files(tmp_path / "happy"), _files(tmp_path / "sad")) == (["happy.jpg"], [])
    held_by_name = {load["name"]: load["held"] for load in json.loads(organiser("collections", "list", "--json").out)}
    assert held_by_name == {"happy": False, "sad": True}
    assert "sad: held since the undo" in organiser("scan", photos, "--workers", "1").talk
    organiser("correct", photos / "happy.jpg", "--as", "sad")
    assert (_files(tmp_path / "happy"), _files(tmp_path / "sad")) == ([], [])
    assert "2 placed" in organiser("collections", "sync").talk
    assert _files(tmp_path / "sad") == ["happy.jpg", "sad.png"]
    assert json.loads(organiser("collections", "show", "sad", "--json").out)["held"] is False


def test_a_new_collection_is_not_held_for_a_removed_one_nor_undone_in_its_place(
    organiser: Organiser, photos: Path, tmp_path: Path
) -> None:
    organiser("collections", "add", "a", "faces:1..", "--to", tmp_path / "a")
    organiser("collections", "sync", "a")
    organiser("collections", "undo")
    organiser("collections", "sync", "a")
    organiser("collections", "remove", "a", "--keep-files")
    left = _files(tmp_path / "a")
    organiser("collections", "add", "b", "faces:1..", "--to", tmp_path / "b")
    assert json.loads(organiser("collections", "show", "b", "--json").out)["held"] is False
    ran = organiser("collections", "undo")
    assert (ran.code, "steps belong to a collection that was removed" in ran.talk) == (3, True)
    assert _files(tmp_path / "a") == left != []


def test_a_run_in_another_folder_is_not_undone_in_this_one(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "old")
    organiser("collections", "sync", "happy")
    organiser("collections", "edit", "happy", "--to", tmp_path / "new")
    organiser("collections", "sync", "happy")
    runs = json.loads(organiser("status", "--json").out)["runs"]
    first = min(run["id"] for run in runs if run["kind"] == "place")
    ran = organiser("collections", "undo", first)
    assert (ran.code, "which is not its folder any more" in ran.talk) == (3, True)
    assert "everything is in place" in organiser("collections", "sync", "happy").talk
    assert _files(tmp_path / "new") == ["happy.jpg"]


def test_a_removed_folder_is_taken_for_an_unmounted_disk_until_one_says_recreate(
    organiser: Organiser, photos: Path, tmp_path: Path
) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy")
    organiser("collections", "sync")
    shutil.rmtree(tmp_path / "happy")
    ran = organiser("collections", "sync")
    assert ran.code == 3
    assert "the collection's folder is gone; is its disk mounted?" in ran.talk
    (command,) = [words for words in ran.talk.split("`") if "--recreate" in words]
    assert not (tmp_path / "happy").exists()
    assert organiser("collections", "sync", "--recreate").code == 2
    assert "1 placed" in organiser(*command.split()[1:]).talk
    assert _files(tmp_path / "happy") == ["happy.jpg"]
    assert "everything is in place" in organiser("collections", "sync").talk


def test_a_collection_leaves_a_folder_that_is_gone_behind(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy")
    organiser("collections", "sync")
    (tmp_path / "happy").rename(tmp_path / "unplugged")
    ran = organiser("collections", "edit", "happy", "--to", tmp_path / "other")
    assert (ran.code, "--keep-files" in ran.talk) == (1, True)
    assert organiser("collections", "edit", "happy", "--to", tmp_path / "other", "--keep-files").code == 0
    organiser("collections", "sync")
    assert _files(tmp_path / "other") == _files(tmp_path / "unplugged") == ["happy.jpg"]


def test_a_wrong_query_is_refused_with_its_place(organiser: Organiser, photos: Path) -> None:
    ran = organiser("collections", "add", "x", "emotion:merry")
    assert ran.code == 1
    assert "^" in ran.talk


def test_an_unknown_name_is_an_error(organiser: Organiser) -> None:
    ran = organiser("collections", "remove", "nobody")
    assert (ran.code, "there is no collection 'nobody'" in ran.talk) == (1, True)


def test_a_collection_is_edited_and_can_lose_its_place(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy")
    organiser("collections", "sync")
    organiser("collections", "edit", "happy", "--nowhere", "--query", "emotion:happy confidence:0.8..")
    shown = json.loads(organiser("collections", "show", "happy", "--json").out)
    assert (shown["target"], shown["query"], shown["placed"]) == (None, "emotion:happy confidence:0.8..", 0)
    assert not (tmp_path / "happy").exists()
    assert organiser("collections", "edit", "happy").code == 2


def test_a_name_with_control_characters_is_refused_and_a_stored_one_ends_no_sync(
    organiser: Organiser, photos: Path, home: Path, tmp_path: Path
) -> None:
    for name in ("bell\a", "two\nlines", "\u2028", " "):
        ran = organiser("collections", "add", name, "emotion:happy", "--mode", "tag")
        assert ran.code != 0
        assert "is no name for a collection" in ran.talk
    assert "is no name" in organiser("collections", "edit", "happy", "--name", "bell\a").talk
    organiser("collections", "add", "bell", "emotion:happy", "--mode", "tag")
    organiser("collections", "edit", "sad", "--to", tmp_path / "sad")
    with closing(sqlite3.connect(home / "index.db")) as connection, connection:
        connection.execute("UPDATE collections SET name = ? WHERE name = 'bell'", ["bell\a"])
    ran = organiser("collections", "sync")
    assert ran.code == 3
    assert "is no name for a collection" in ran.talk
    assert _files(tmp_path / "sad") == ["sad.png"]
    assert organiser("collections", "edit", "bell\a", "--name", "bell").code == 0
    assert "2 tagged" in organiser("collections", "sync").talk


def test_what_is_the_collections_fault_is_told_once_with_a_count(
    organiser: Organiser, photos: Path, home: Path, tmp_path: Path
) -> None:
    with elsewhere(tmp_path) as place:
        apart = place.stat().st_dev != tmp_path.stat().st_dev
        (place / "pile").mkdir()
        organiser("collections", "add", "pile", "faces:1..", "--to", place / "pile")
        with closing(sqlite3.connect(home / "index.db")) as connection, connection:  # the disk was another one then
            connection.execute("UPDATE collections SET mode = 'hardlink' WHERE name = 'pile'")
        lines = [line for line in organiser("collections", "sync").talk.splitlines() if "pile:" in line]
        assert [line.rpartition(" (")[2] for line in lines] == (["3 photos)"] if apart else [])
