"""A collection on a real disk of the FAT family: no links, no permissions, one case, fewer characters, coarse times."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from organiser.core.collections.placement import PlacementMode
from organiser.errors import PlacingError
from organiser.placing.context import Done
from organiser.placing.disk.capabilities import require_able
from organiser.placing.disk.errors import Cause
from tests.placing.volumes import fat, fat_image, fat_mounted
from tests.placing.world import World, all_wanted, fill, snapshot

ODD = (
    b"what?.jpg",
    b"12:30.jpg",
    b"dot.jpg.",
    b"space.jpg ",
    b"a\\b.jpg",
    b"not utf\xff.jpg",
    "é😀.jpg".encode(),
    b"CON.jpg",
)


@pytest.fixture(params=fat())
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, Path, str]]:
    """The loop device of such a disk, where it is to be mounted, and its kind."""
    with fat_image(tmp_path / "volume", request.param) as device:
        yield device, tmp_path / "volume", request.param


@pytest.fixture
def world(disk: tuple[Path, Path, str], tmp_path: Path) -> Iterator[World]:
    with fat_mounted(*disk) as volume:
        yield World(tmp_path / "photos", volume / "happy", tmp_path / "journal", PlacementMode.AUTO, "{name}")


def causes(outcomes: list) -> list[str]:
    return [outcome.error.cause for outcome in outcomes if not isinstance(outcome, Done)]


def litter(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".organiser-*") if path.name != ".organiser-collection"]


def test_photos_are_copied_found_again_and_taken_away(world: World) -> None:
    fill(world.root, 6, folders=2)
    before = snapshot(world.root)
    photos = all_wanted(world.root)
    assert causes(world.sync(photos)) == []
    assert len([path for path in world.target.iterdir() if path.suffix == ".jpg"]) == 6
    assert world.plan(photos).empty
    assert causes(world.sync(photos[:2])) == []
    assert len(world.journal.rows) == 2
    assert causes(world.undo()) == []
    assert not litter(world.target)
    assert snapshot(world.root) == before


def test_names_that_differ_by_case_only_and_odd_ones_lose_nothing(world: World) -> None:
    world.root.mkdir()
    for number, name in enumerate((*ODD, b"IMG.jpg", b"img.JPG", b"Img.jpg")):
        with open(os.path.join(os.fsencode(world.root), name), "wb") as file:
            file.write(b"\xff\xd8\xff" + str(number).encode() * 20)
    before = snapshot(world.root)
    photos = all_wanted(world.root)
    outcomes = world.sync(photos)
    placed = [path for path in world.target.iterdir() if path.name != ".organiser-collection"]
    assert len(placed) == len(photos) - len(causes(outcomes))
    assert {path.read_bytes() for path in placed} <= {content for _, _, content in before.values()}
    for outcome in outcomes:
        if not isinstance(outcome, Done):
            assert outcome.error.cause == Cause.UNSUPPORTED, outcome.error
            assert not outcome.error.transient, outcome.error
            assert outcome.error.hint
    again = world.sync(photos)
    assert causes(again) == causes(outcomes)
    assert not litter(world.target)
    assert causes(world.sync([])) == []
    assert [path.name for path in world.target.iterdir()] == [".organiser-collection"]
    assert snapshot(world.root) == before


@pytest.mark.parametrize("mode", [PlacementMode.HARDLINK, PlacementMode.SYMLINK, PlacementMode.REFLINK])
def test_modes_that_it_cannot_do_are_refused_in_words(world: World, mode: PlacementMode) -> None:
    (original, *_) = fill(world.root, 1)
    world.target.mkdir()
    with pytest.raises(PlacingError) as caught:
        require_able(str(world.target), mode, [str(original)])
    assert caught.value.hint
    assert list(world.target.iterdir()) == []
    world.mode = mode
    assert set(causes(world.sync(all_wanted(world.root)))) <= {Cause.UNSUPPORTED, Cause.OTHER_DEVICE}
    assert not litter(world.target)


def test_what_was_placed_is_ours_still_after_the_disk_was_away(disk: tuple[Path, Path, str], tmp_path: Path) -> None:
    world = World(tmp_path / "photos", disk[1] / "happy", tmp_path / "journal", PlacementMode.COPY, "{folder}/{name}")
    fill(world.root, 4, folders=2)
    with fat_mounted(*disk):
        assert causes(world.sync(all_wanted(world.root))) == []
    with fat_mounted(*disk) as volume:
        (volume / "somebody's").mkdir()  # numbers are given in another order now
        assert world.plan(all_wanted(world.root)).empty
        assert causes(world.sync([])) == []
        assert sorted(path.name for path in world.target.iterdir()) == [".organiser-collection"]
