"""Reflinks on file systems that have them: blocks are shared, and neither file can harm the other.

Collected where such a file system can be made in a file and mounted: see conftest.py.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from organiser.core.collections.placement import PlacementMode
from organiser.placing.context import Done
from organiser.placing.disk.clone import clone
from organiser.placing.disk.errors import Cause
from organiser.placing.disk.within import Spot
from tests.placing.volumes import extents, formatted, reflinking
from tests.placing.world import World, all_wanted, fill, snapshot

ROOT = Path(__file__).parents[3]
SIZE = 1 << 20


@pytest.fixture(params=reflinking())
def volume(request, tmp_path):
    with formatted(tmp_path / "volume", request.param) as folder:
        yield folder


@pytest.fixture(params=[PlacementMode.AUTO, PlacementMode.REFLINK])
def world(request, volume):
    return World(volume / "photos", volume / "happy", volume / "journal", request.param)


def draw(world, count=3):
    """Write photos large enough to have blocks of their own."""
    originals = fill(world.root, count, folders=1)
    for original in originals:
        original.chmod(0o640)
        original.write_bytes(os.urandom(SIZE))
    return originals


def places(path):
    return [(physical, length) for physical, length, _ in extents(path)]


def causes(outcomes):
    return [outcome.error.cause for outcome in outcomes if not isinstance(outcome, Done)]


def test_a_placed_photo_shares_every_block_with_its_original(world):
    originals = draw(world)
    assert not any(shared for original in originals for *_, shared in extents(original))
    assert causes(world.sync(all_wanted(world.root))) == []
    assert {row.made.mode for row in world.journal.placed()} == {PlacementMode.REFLINK}
    for original in originals:
        placed = world.target / original.name
        assert places(placed) == places(original)
        assert all(shared for *_, shared in extents(placed))
        assert placed.read_bytes() == original.read_bytes()
        assert not placed.samefile(original)
        assert placed.stat().st_mtime_ns == original.stat().st_mtime_ns
        assert placed.stat().st_mode == original.stat().st_mode
    assert world.plan(all_wanted(world.root), thorough=True).empty


def test_more_photos_than_there_is_room_for_are_placed(world):
    (original,) = fill(world.root, 1)
    original.chmod(0o640)
    room = os.statvfs(world.root)
    with original.open("wb") as file:
        for _ in range(room.f_bavail * room.f_frsize * 6 // 10 // SIZE):
            file.write(os.urandom(SIZE))
        os.fsync(file.fileno())
    assert os.statvfs(world.root).f_bavail * room.f_frsize < original.stat().st_size
    assert causes(world.sync(all_wanted(world.root))) == []
    assert all(shared for *_, shared in extents(world.target / original.name))


def test_what_a_person_writes_into_it_reaches_no_original_and_is_left(world):
    original, other = draw(world, 2)
    whole = original.read_bytes()
    world.sync(all_wanted(world.root))
    placed = world.target / original.name
    with placed.open("r+b") as file:
        file.write(b"mine now")
    assert original.read_bytes() == whole
    world.sync([])
    assert placed.read_bytes()[:8] == b"mine now"
    assert set(snapshot(world.target)) == {placed.name}
    assert other.exists()


def test_an_undone_removal_shares_blocks_again(world):
    (original,) = draw(world, 1)
    world.sync(all_wanted(world.root))
    first = max(world.journal.finished)
    world.sync([])
    assert causes(world.undo(key for key in world.journal.finished if key > first)) == []
    assert places(world.target / original.name) == places(original)


def test_an_original_on_another_file_system_is_copied_or_refused(world, tmp_path):
    world.root = tmp_path / "elsewhere"
    (original,) = draw(world, 1)
    outcomes = world.sync(all_wanted(world.root))
    if world.mode is PlacementMode.AUTO:
        assert causes(outcomes) == []
        assert {row.made.mode for row in world.journal.placed()} == {PlacementMode.COPY}
        assert (world.target / original.name).read_bytes() == original.read_bytes()
    else:
        assert causes(outcomes) == [Cause.UNSUPPORTED]
        assert snapshot(world.target) == {}


def test_a_clone_replaces_nothing(volume):
    (volume / "a").write_bytes(b"a picture")
    (volume / "b").write_bytes(b"a person's")
    with pytest.raises(FileExistsError):
        clone(str(volume / "a"), Spot.at(str(volume / "b")))
    assert (volume / "b").read_bytes() == b"a person's"


def test_a_process_killed_at_any_moment_leaves_nothing_that_the_next_does_not_mend(volume):
    command = [sys.executable, "-m", "tests.placing.crash", "reflink", str(volume)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["kills"] >= 4
