"""What is removed, renamed or replaced is the very file that was placed, not one like it at its path."""

import shutil

import pytest

from organiser.core.collections.placement import PlacementMode
from organiser.placing.context import Done
from organiser.placing.disk.errors import Cause
from tests.placing.world import World, all_wanted, fill, snapshot


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", PlacementMode.COPY, "{folder}/{name}")


def causes(outcomes):
    return [outcome.error.cause for outcome in outcomes if not isinstance(outcome, Done)]


def other_files(world):
    """Put other files with the same bytes and times where ours were."""
    for path in [file for file in world.target.rglob("*.jpg")]:
        shutil.copy2(path, world.root.parent / "other")
        path.unlink()
        (world.root.parent / "other").rename(path)


@pytest.mark.parametrize("then", ["none", "moved", "other mode", "undone"])
def test_another_file_with_our_bytes_is_left(world, then):
    fill(world.root, 3)
    world.sync(all_wanted(world.root))
    other_files(world)
    before = snapshot(world.target)
    if then == "undone":
        outcomes = world.undo()
    else:
        world.layout = "{name}" if then == "moved" else world.layout
        world.mode = PlacementMode.HARDLINK if then == "other mode" else world.mode
        outcomes = world.sync([] if then == "none" else all_wanted(world.root))
    assert causes(outcomes) == [Cause.EDITED] * 3
    assert snapshot(world.target) == before
    assert not world.journal.planned


@pytest.mark.parametrize("moment", ["planned", "folders made", "built", "amended", "settled"])
def test_a_folder_that_becomes_a_link_in_the_middle_leads_no_step_to_the_originals(world, moment, tmp_path):
    fill(world.root, 6, folders=2)
    photos = all_wanted(world.root)
    world.sync(photos[:3])
    originals = snapshot(world.root)

    def swap(reached):
        folder = world.target / "folder 0"
        if reached == moment and not folder.is_symlink():
            if folder.exists():
                folder.rename(tmp_path / "aside")
            folder.symlink_to(world.root / "folder 0")

    world.checkpoint = swap
    world.sync(photos[3:])
    world.sync([])
    world.undo()
    assert snapshot(world.root) == originals
