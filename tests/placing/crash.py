"""Kills real processes with SIGKILL at every moment of a sync, an undo and a recovery, and looks at what is left.

Run as a process of its own, so that forking it is safe; prints one line a scenario: its name and how many kills it took.
"""

import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from organiser.core.collections.collection import Wanted
from organiser.core.collections.placement import PlacementMode, Tag
from organiser.placing.context import Done
from tests.placing.world import World, all_wanted, fill, snapshot

SMILE = Tag("happy", 0.9, "net@1")
FOREIGN = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
)


@dataclass
class Killer:
    """Kills its own process at the n-th checkpoint."""

    left: int

    def __call__(self, moment: str) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def in_child(handler: Callable[[], object]) -> bool:
    """Run `handler` in a forked child; return whether it lived to the end."""
    child = os.fork()
    if child == 0:
        try:
            handler()
        except BaseException:  # noqa: BLE001 - a child must never come back into its parent
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.waitstatus_to_exitcode(status) == 0
    return True


def dated(photos: list[Wanted], year: int) -> list[Wanted]:
    return [replace(photo, taken=datetime(year, 1 + at % 3, 1)) for at, photo in enumerate(photos)]


def library(folder: Path, mode: PlacementMode, count: int = 7) -> World:
    """Return a library of which some is placed, one placement is edited, one gone, and a stranger has a name of ours."""
    world = World(
        folder / "photos", folder / "happy", folder / "journal", mode, "{taken:%Y}/{taken:%m}/{name}", batch=2
    )
    fill(world.root, count)
    (world.root / "notes.txt").write_text("a person's")
    photos = dated(all_wanted(world.root), 2023)
    if mode is PlacementMode.TAG:
        for photo in photos[:2]:
            Path(photo.source + ".xmp").write_text(FOREIGN)
        world.sync([replace(photo, tag=SMILE) for photo in photos[: count // 2]])
        return world
    (world.target / "2024" / "02").mkdir(parents=True)
    (world.target / "2024" / "02" / "IMG_0000.jpg").write_text("a stranger's")
    world.sync(photos[: count * 2 // 3])
    placed = sorted(path for path in world.target.rglob("*.jpg") if path.parts[-3] == "2023")
    placed[0].unlink()
    if mode is PlacementMode.COPY:
        placed[1].chmod(0o644)
        placed[1].write_bytes(b"edited by a person")
    return world


def next_wish(world: World) -> list[Wanted]:
    """Return another selection: some leave, some come, some get another place or tag."""
    photos = all_wanted(world.root)
    chosen = dated(photos[2:4], 2023) + dated(photos[4:], 2024)
    return [replace(photo, tag=replace(SMILE, model="net@2")) for photo in chosen] if world.mode == "tag" else chosen


def persons(world: World) -> dict:
    """Return everything that is not ours: the originals, and what people put or edited in the collection."""
    found = {name: item for name, item in snapshot(world.root).items() if not name.endswith(".xmp")}
    found = {name: item for name, item in found.items() if not name.rpartition("/")[2].startswith(".organiser-")}
    for name, (kind, bits, content) in snapshot(world.target).items() if world.target.exists() else ():
        if content in (b"a stranger's", b"edited by a person"):
            found["happy/" + name] = (kind, bits, content)
    return found


def no_litter(world: World) -> None:
    for folder in (world.root, world.target):
        left = [path for path in folder.rglob(".organiser-*") if path.name != ".organiser-collection"]
        assert not left, left


def scenario(folder: Path, mode: PlacementMode, then: PlacementMode | None = None, *, undo: bool = False) -> int:
    """Kill a second sync, or its undo, at the first, second, third … checkpoint, until one run is not killed any more."""
    expected = end_state(folder / "expected", mode, then, undo=undo)
    kills = 0
    while True:
        kills += 1
        place = folder / "try"
        world = library(place, mode)
        first = max(world.journal.finished)
        world.mode = then or mode
        wish = next_wish(world)
        owned = persons(world)
        if undo:
            world.sync(wish)
            handler = lambda: world.undo(key for key in world.journal.finished if key > first)  # noqa: E731
        else:
            handler = lambda: world.sync(wish)  # noqa: E731
        world.checkpoint = Killer(kills)
        lived = in_child(handler)
        assert persons(world) == owned
        if kills % 4 == 0:  # the next run is killed too, in the middle of recovering, before one is left alone
            world.checkpoint = Killer(2)
            in_child(handler)
            assert persons(world) == owned
        world.checkpoint = None
        handler()
        assert not world.journal.planned
        if not undo:
            assert world.plan(wish).empty or all_occupied(world, wish)
        no_litter(world)
        assert visible(world) == expected, (kills, visible(world).keys() ^ expected.keys())
        shutil.rmtree(place)
        if lived:
            return kills


def all_occupied(world: World, wish: list[Wanted]) -> bool:
    return all(not isinstance(outcome, Done) and outcome.error.cause == "occupied" for outcome in world.sync(wish))


def end_state(folder: Path, mode: PlacementMode, then: PlacementMode | None, *, undo: bool) -> dict:
    """Return what an undisturbed run leaves."""
    world = library(folder, mode)
    first = max(world.journal.finished)
    world.mode = then or mode
    before = visible(world)
    world.sync(next_wish(world))
    if undo:
        world.undo(key for key in world.journal.finished if key > first)
        after = visible(world)
        gone = before.keys() - after.keys() | after.keys() - before.keys()
        assert not [name for name in before if name in after and before[name] != after[name]], "undo restores bytes"
        assert all(before.get(name, after.get(name))[0] == "folder" for name in gone), gone
    return visible(world)


def visible(world: World) -> dict:
    """Return what a person sees, with the library's own place left out of symlinks."""
    found = {}
    for top in (world.root, world.target):
        for name, (kind, bits, content) in snapshot(top).items():
            text = content.replace(str(world.root), "") if isinstance(content, str) else content
            found[f"{top.name}/{name}"] = (kind, bits, text)
    return found


def many(folder: Path, count: int) -> int:
    """Sync several hundred files while being killed at random moments, over and over, until all is in place."""
    world = library(folder / "many", PlacementMode.COPY, count)
    world.batch = 16
    wish = next_wish(world)
    owned = persons(world)
    chance = random.Random(4)
    kills = 0
    while True:
        world.checkpoint = Killer(chance.randrange(1, 160))
        lived = in_child(lambda: world.sync(wish))
        assert persons(world) == owned
        if lived:
            break
        kills += 1
    world.checkpoint = None
    assert all_occupied(world, wish)
    no_litter(world)
    expected = library(folder / "calm", PlacementMode.COPY, count)
    expected.sync(next_wish(expected))
    assert visible(world) == visible(expected)
    return kills


SCENARIOS: dict[str, Callable[[Path], int]] = {
    "copy": lambda folder: scenario(folder, PlacementMode.COPY),
    "reflink": lambda folder: scenario(folder, PlacementMode.REFLINK),
    "hardlink": lambda folder: scenario(folder, PlacementMode.HARDLINK),
    "symlink": lambda folder: scenario(folder, PlacementMode.SYMLINK),
    "tag": lambda folder: scenario(folder, PlacementMode.TAG),
    "copy to symlink": lambda folder: scenario(folder, PlacementMode.COPY, PlacementMode.SYMLINK),
    "hardlink to copy": lambda folder: scenario(folder, PlacementMode.HARDLINK, PlacementMode.COPY),
    "undo copy": lambda folder: scenario(folder, PlacementMode.COPY, undo=True),
    "undo symlink to hardlink": lambda folder: scenario(
        folder, PlacementMode.SYMLINK, PlacementMode.HARDLINK, undo=True
    ),
    "undo tag": lambda folder: scenario(folder, PlacementMode.TAG, undo=True),
    "many": lambda folder: many(folder, 300),
}


def main() -> None:
    """Run the scenario named by the first argument in the folder named by the second."""
    name, folder = sys.argv[1:]
    print(json.dumps({"scenario": name, "kills": SCENARIOS[name](Path(folder))}))


if __name__ == "__main__":
    main()
