"""What a collection on disk is after syncs of all kinds, in every mode that makes files."""

import os
import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from organiser.core.collections.collection import plan_placements
from organiser.core.collections.placement import COLLECTION_MARKER, PlacementMode, Remove
from organiser.placing.apply import apply
from organiser.placing.context import Done, Refused
from organiser.placing.disk.errors import Cause
from tests.placing.world import World, all_wanted, fill, snapshot, wanted

MODES = [PlacementMode.AUTO, PlacementMode.COPY, PlacementMode.HARDLINK, PlacementMode.SYMLINK]


@pytest.fixture(params=MODES)
def world(request, tmp_path):
    return World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", request.param)


@pytest.fixture
def copies(tmp_path):
    return World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", PlacementMode.COPY)


def causes(outcomes):
    return [outcome.error.cause for outcome in outcomes if not isinstance(outcome, Done)]


def statuses(folder):
    found = {path: path.lstat() for path in folder.rglob("*")}
    return {path: (item.st_ino, item.st_size, item.st_mtime_ns, item.st_ctime_ns) for path, item in found.items()}


def test_every_wanted_photo_is_there_with_bytes_mtime_and_permissions(world):
    originals = fill(world.root, 20, folders=1)
    assert all(isinstance(outcome, Done) for outcome in world.sync(all_wanted(world.root)))
    for original in originals:
        placed = world.target / original.name
        assert placed.read_bytes() == original.read_bytes()
        assert placed.stat().st_mtime_ns == original.stat().st_mtime_ns
        assert placed.stat().st_mode == original.stat().st_mode
        assert placed.is_symlink() == (world.mode is PlacementMode.SYMLINK)
        assert placed.samefile(original) == (world.mode in (PlacementMode.SYMLINK, PlacementMode.HARDLINK))


def test_a_second_sync_changes_nothing(world):
    fill(world.root, 12)
    photos = all_wanted(world.root)
    world.sync(photos)
    before = statuses(world.target)
    assert world.plan(photos).empty
    assert world.plan(photos, thorough=True).empty
    assert world.sync(photos) == []
    assert statuses(world.target) == before


def test_the_tree_does_not_depend_on_order_or_batches(tmp_path):
    root = tmp_path / "photos"
    fill(root, 30)
    trees = []
    for seed in range(3):
        photos = all_wanted(root)
        random.Random(seed).shuffle(photos)
        world = World(root, tmp_path / str(seed), tmp_path / f"journal {seed}", batch=1 + 7 * seed)
        for end in (10, 20, 30):
            world.sync(photos[:end])
        trees.append(snapshot(world.target))
    assert trees[0] == trees[1] == trees[2]


def test_a_photo_that_no_longer_matches_leaves_and_returns(world):
    fill(world.root, 9)
    photos = all_wanted(world.root)
    world.sync(photos)
    whole = snapshot(world.target)
    world.sync(photos[1:])
    assert len(snapshot(world.target)) == 8
    world.sync(photos)
    assert snapshot(world.target) == whole


def test_only_the_step_from_one_to_two_of_a_name_renames(copies):
    fill(copies.root, 3, folders=3)
    first, two, three = all_wanted(copies.root)
    copies.sync([first])
    assert sorted(os.listdir(copies.target)) == [COLLECTION_MARKER, "IMG_0000.jpg"]
    copies.sync([first, two])
    names = {f"IMG_0000~{photo.digest[:8]}.jpg" for photo in (first, two)}
    assert set(snapshot(copies.target)) == names
    outcomes = copies.sync([first, two, three])
    assert [type(outcome.step).__name__ for outcome in outcomes] == ["Create"]
    copies.sync([three])
    assert set(snapshot(copies.target)) == {"IMG_0000.jpg"}


def test_folders_of_a_layout_come_and_go(copies):
    copies.layout = "{taken:%Y}/{taken:%m}/{name}"
    first, second = fill(copies.root, 2, folders=1)
    photos = [wanted(first, copies.root, 1, taken=datetime(2024, 5, 17)), wanted(second, copies.root, 2)]
    copies.sync(photos)
    tree = snapshot(copies.target)
    assert [name for name, entry in tree.items() if entry[0] == "file"] == [
        "2024/05/IMG_0000.jpg",
        "undated/IMG_0001.jpg",
    ]
    (copies.target / "a person's").mkdir()
    copies.sync(photos[1:])
    assert set(snapshot(copies.target)) == {"a person's", "undated", "undated/IMG_0001.jpg"}
    copies.layout = None
    copies.sync(photos[1:])
    assert set(snapshot(copies.target)) == {"a person's", "IMG_0001.jpg"}


def test_changing_the_mode_replaces_every_file_in_place(copies):
    originals = fill(copies.root, 6, folders=1)
    photos = all_wanted(copies.root)
    for mode in (PlacementMode.COPY, PlacementMode.SYMLINK, PlacementMode.HARDLINK, PlacementMode.COPY):
        copies.mode = mode
        outcomes = copies.sync(photos)
        assert len(outcomes) == 6
        assert causes(outcomes) == []
        placed = copies.target / originals[0].name
        assert placed.is_symlink() == (mode is PlacementMode.SYMLINK)
        assert placed.samefile(originals[0]) == (mode is not PlacementMode.COPY)
        assert copies.plan(photos).empty
    assert all(original.stat().st_nlink == 1 for original in originals)


def test_symlinks_follow_a_moved_photo_and_copies_stay(world):
    (original,) = fill(world.root, 1)
    world.sync(all_wanted(world.root))
    placed = world.target / original.name
    inode = placed.lstat().st_ino
    original.rename(world.root / original.name)
    outcomes = world.sync(all_wanted(world.root))
    assert placed.read_bytes() == (world.root / original.name).read_bytes()
    assert len(outcomes) == (1 if world.mode is PlacementMode.SYMLINK else 0)
    assert (placed.lstat().st_ino == inode) == (world.mode is not PlacementMode.SYMLINK)


def test_a_file_of_a_person_is_neither_replaced_nor_removed(world):
    originals = fill(world.root, 3, folders=1)
    world.target.mkdir()
    foreign = world.target / originals[1].name
    foreign.write_text("mine")
    photos = all_wanted(world.root)
    for _ in range(2):
        outcomes = world.sync(photos)
        assert causes(outcomes) == [Cause.OCCUPIED]
        assert foreign.read_text() == "mine"
    foreign.unlink()
    assert causes(world.sync(photos)) == []
    assert world.plan(photos).empty


def test_a_copy_that_a_person_edited_is_left_and_reported(copies):
    originals = fill(copies.root, 3, folders=1)
    photos = all_wanted(copies.root)
    copies.sync(photos)
    edited = copies.target / originals[0].name
    edited.chmod(0o644)
    edited.write_bytes(b"my own version")
    assert copies.plan(photos).empty
    plan = copies.plan(photos[1:])
    assert plan.empty
    assert [(placed.destination, why) for placed, why in plan.kept] == [(edited.name, "edited")]
    copies.sync([])
    assert edited.read_bytes() == b"my own version"
    assert set(snapshot(copies.target)) == {edited.name}


def test_an_edit_between_plan_and_removal_is_seen(copies):
    originals = fill(copies.root, 2, folders=1)
    photos = all_wanted(copies.root)
    copies.sync(photos)
    edited = copies.target / originals[0].name

    def edit(moment):
        if moment == "planned":
            edited.chmod(0o644)
            edited.write_bytes(b"just now")

    copies.checkpoint = edit
    assert causes(copies.sync([])) == [Cause.EDITED]
    assert edited.read_bytes() == b"just now"
    assert set(snapshot(copies.target)) == {edited.name}


def test_a_touched_copy_is_still_ours(copies):
    (original,) = fill(copies.root, 1)
    copies.sync(all_wanted(copies.root))
    os.utime(copies.target / original.name)
    assert copies.sync([])[0].step
    assert snapshot(copies.target) == {}


def test_a_placement_that_a_person_removed_is_made_again(world):
    originals = fill(world.root, 3, folders=1)
    photos = all_wanted(world.root)
    world.sync(photos)
    whole = snapshot(world.target)
    (world.target / originals[2].name).unlink()
    world.sync(photos)
    assert snapshot(world.target) == whole
    (world.target / originals[2].name).unlink()
    world.sync(photos[:2])
    assert len(world.journal.rows) == 2


def test_the_last_copy_of_a_photo_stays(world):
    originals = fill(world.root, 2, folders=1)
    world.sync(all_wanted(world.root))
    originals[0].unlink()
    plan = world.plan(all_wanted(world.root))
    outcomes = world.sync(all_wanted(world.root))
    if world.mode is PlacementMode.SYMLINK:
        assert len(outcomes) == 1
        assert not os.path.lexists(world.target / originals[0].name)
    else:
        assert [why for _, why in plan.kept] == ["last_copy"]
        assert outcomes == []
        assert (world.target / originals[0].name).exists()


def test_a_last_copy_goes_when_a_person_says_so_and_an_edited_one_never(copies):
    originals = fill(copies.root, 2)
    copies.sync(all_wanted(copies.root))
    for original in originals:
        original.unlink()
    lasts = [placed for placed, why in copies.plan([]).kept if why == "last_copy"]
    (copies.target / lasts[1].destination).write_bytes(b"my edit")
    steps = [Remove(placed, agreed=True) for placed in lasts]
    assert causes(apply(steps, copies.journal, copies.context())) == [Cause.EDITED]
    assert set(snapshot(copies.target)) == {lasts[1].destination}


def test_an_original_that_vanishes_before_the_removal_saves_its_copy(copies):
    (original,) = fill(copies.root, 1)
    copies.sync(all_wanted(copies.root))
    plan = copies.plan([])
    (step,) = plan.steps
    original.unlink()
    copies.sync([])
    assert causes(apply([step], copies.journal, copies.context())) == [Cause.LAST_COPY]
    assert (copies.target / original.name).exists()


def test_a_new_photo_gets_a_name_beside_a_last_copy(copies):
    (original,) = fill(copies.root, 1)
    copies.sync(all_wanted(copies.root))
    original.unlink()
    original.write_bytes(b"\xff\xd8\xffanother picture of that name")
    other = all_wanted(copies.root)
    rows = copies.journal.placed()
    plan = plan_placements(copies.collection, other, [replace(row, source=None) for row in rows])
    assert [step.destination for step in plan.steps] == [f"IMG_0000~{other[0].digest[:8]}.jpg"]


def test_an_original_that_changed_since_the_scan_is_not_placed(world):
    first, second = fill(world.root, 2, folders=1)
    photos = all_wanted(world.root)
    first.chmod(0o644)
    first.write_bytes(b"\xff\xd8\xffedited since")
    outcomes = world.sync(photos)
    assert causes(outcomes) == [Cause.SOURCE_CHANGED]
    assert set(snapshot(world.target)) == {second.name}
    assert causes(world.sync(all_wanted(world.root))) == []


def test_an_original_that_is_gone_is_reported_and_its_neighbours_are_placed(world):
    first, second = fill(world.root, 2, folders=1)
    photos = all_wanted(world.root)
    first.unlink()
    outcomes = world.sync(photos)
    assert causes(outcomes) == [Cause.SOURCE_GONE]
    assert outcomes[0].error.path == str(first)
    assert set(snapshot(world.target)) == {second.name}


def test_names_that_are_no_utf8_or_too_long_are_placed(copies):
    strange = copies.root / os.fsdecode(b"caf\xe9: what?.jpg")
    long = copies.root / ("x" * 240 + ".jpeg")
    copies.root.mkdir()
    strange.write_bytes(b"one")
    long.write_bytes(b"two")
    (copies.root / "deep").mkdir()
    (copies.root / "deep" / long.name).write_bytes(b"three")
    assert causes(copies.sync(all_wanted(copies.root))) == []
    names = os.listdir(copies.target)
    assert "caf__ what_.jpg" in names
    assert all(len(name) <= 255 for name in names)
    assert sum(name.endswith(".jpeg") and "~" in name for name in names) == 2


def test_a_collection_inside_a_root_keeps_its_marker(copies):
    copies.target = copies.root / "collections" / "happy"
    fill(copies.root, 2, folders=1)
    copies.sync(all_wanted(copies.root))
    assert (copies.target / COLLECTION_MARKER).exists()
    copies.sync([])
    assert (copies.target / COLLECTION_MARKER).exists()
    target = copies.context().target
    target.retire()
    assert not (copies.root / "collections").exists()


def test_nothing_is_done_for_a_step_of_which_the_folder_is_a_file(copies):
    copies.layout = "{folder}/{name}"
    fill(copies.root, 2, folders=2)
    copies.target.mkdir()
    (copies.target / "folder 0").write_text("a file")
    outcomes = copies.sync(all_wanted(copies.root))
    assert causes(outcomes) == [Cause.OCCUPIED]
    assert isinstance(outcomes[0], Refused)
    assert (copies.target / "folder 0").read_text() == "a file"
    assert (copies.target / "folder 1" / "IMG_0000.jpg").exists()


def test_originals_are_never_touched(world):
    originals = fill(world.root, 12)
    links = 1 if world.mode is PlacementMode.HARDLINK else 0
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes()) for path in originals}
    photos = all_wanted(world.root)
    world.sync(photos)
    assert all(path.stat().st_nlink == 1 + links for path in originals)
    world.sync(photos[:5])
    world.undo()
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes()) for path in originals} == before
    assert all(path.stat().st_nlink == 1 for path in originals)
    assert Path(world.target).exists()
