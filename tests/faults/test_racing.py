"""Another program that is at a collection's folder at the same time loses no file, and no original is reached through it."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from organiser.core.collections.placement import PlacementMode
from organiser.errors import PlacingError
from tests.faults.lonely import ROOT
from tests.faults.rounds import rounds
from tests.placing.world import World, all_wanted, fill, snapshot

MODES = (PlacementMode.COPY, PlacementMode.HARDLINK, PlacementMode.SYMLINK)


@pytest.mark.parametrize("seed", range(rounds(3)))
def test_another_program_at_the_same_names_loses_nothing(seed: int, tmp_path: Path) -> None:
    world = World(tmp_path / "photos", tmp_path / "happy", tmp_path / "journal", MODES[seed % 3], "{folder}/{name}")
    world.raced = True
    fill(world.root, 24)
    photos = all_wanted(world.root)
    originals = snapshot(world.root)
    world.sync(photos)
    command = [sys.executable, "-m", "tests.faults.racer", str(world.target), str(world.root), str(seed)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as racer:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
        for step in _work(world, photos):
            with suppress(PlacingError):
                step()
        output, _ = racer.communicate("")
    outcome = json.loads(output)
    assert outcome["files"] > 20, "it hardly took part"
    assert outcome["lost"] == []
    assert snapshot(world.root) == originals


def _work(world: World, photos: list) -> list[Callable[[], object]]:
    """Return syncs that place, remove, move and replace, and undos."""

    def moved() -> object:
        world.layout = "{name}" if world.layout != "{name}" else "{folder}/{name}"
        return world.sync(photos)

    def other_mode() -> object:
        world.mode = PlacementMode.COPY if world.mode is not PlacementMode.COPY else PlacementMode.SYMLINK
        return world.sync(photos)

    def touched() -> object:
        return world.sync([replace(photo, digest=f"{number:064}") for number, photo in enumerate(photos)])

    return [moved, lambda: world.sync([]), lambda: world.sync(photos), other_mode, world.undo, touched] * 4
