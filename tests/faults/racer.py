"""A program that puts files under a collection's names, and links in the place of its folders, while it is filled.

    python -m tests.faults.racer TARGET ROOT SEED     until its stdin ends; prints what became of its files, as JSON

It keeps every file open that it ever put under a name and never removes one, so that a file without a name was removed
by somebody else. Names that begin as the organiser's own drafts do are only taken away, or read.
"""

import json
import os
import random
import select
import sys
from contextlib import suppress
from pathlib import Path

_OURS = b"a stranger's "


class Racer:
    """What the program has done so far."""

    def __init__(self, target: Path, root: Path, seed: int) -> None:
        self.target, self.root = target, root
        self.chance = random.Random(seed)
        self.files: list[tuple[int, str]] = []
        self.scratch = target.with_name("strangers")
        self.scratch.mkdir()

    def act(self) -> None:
        """Do one thing; what fails because the organiser was quicker is let be."""
        acts = (self.replace, self.replace, self.create, self.take_away, self.swap_folder, self.put_back)
        with suppress(OSError, IndexError, StopIteration):
            self.chance.choice(acts)()

    def names(self, *, drafts: bool = False) -> list[Path]:
        """Return the files below the target that are no strangers', drafts or not."""
        known = {os.fstat(handle).st_ino for handle, _ in self.files}
        found = [Path(folder, name) for folder, _, names in os.walk(self.target) for name in names]
        return [
            path
            for path in found
            if path.name != ".organiser-collection"
            and path.name.startswith(".organiser-") == drafts
            and not path.parent.name.startswith(".organiser-")
            and path.lstat().st_ino not in known
        ]

    def replace(self) -> None:
        """Rename a file of its own over one of the organiser's."""
        path = self.chance.choice(self.names())
        mine = self._new()
        os.rename(mine, path)

    def create(self) -> None:
        """Put an empty file of its own at a name that is free."""
        path = (
            self.chance.choice([*self.target.rglob("*"), self.target]).parent / f"IMG_{self.chance.randrange(9):04}.jpg"
        )
        mine = self._new(empty=True)
        os.link(mine, path)
        os.unlink(mine)

    def take_away(self) -> None:
        """Remove a file of the organiser's, a draft perhaps."""
        os.unlink(self.chance.choice(self.names(drafts=self.chance.random() < 0.5)))

    def swap_folder(self) -> None:
        """Put a link to a folder of originals in the place of a folder of the collection."""
        folder = self.chance.choice([path for path in self.target.iterdir() if path.is_dir() and not path.is_symlink()])
        folder.rename(self.scratch / folder.name)
        folder.symlink_to(self.root / folder.name)

    def put_back(self) -> None:
        """Put a folder back where it was."""
        folder = next(path for path in self.scratch.iterdir() if path.is_dir())
        if (self.target / folder.name).is_symlink():
            (self.target / folder.name).unlink()
        folder.rename(self.target / folder.name)

    def _new(self, *, empty: bool = False) -> Path:
        path = self.scratch / f"{len(self.files)}.new"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        os.write(handle, b"" if empty else _OURS + str(len(self.files)).encode())
        self.files.append((handle, path.name))
        return path

    def lost(self) -> list[str]:
        """Return the files that have no name any more or were written to."""
        gone = []
        for number, (handle, name) in enumerate(self.files):
            content = os.pread(handle, 100, 0)
            if os.fstat(handle).st_nlink == 0 or content not in (b"", _OURS + str(number).encode()):
                gone.append(name)
        return gone


def main() -> None:
    """Race until stdin ends."""
    target, root, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    racer = Racer(target, root, seed)
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0.0005)[0]:
        if len(racer.files) < 4000:
            racer.act()
    for _ in range(20):
        with suppress(OSError, StopIteration):
            racer.put_back()
    print(json.dumps({"files": len(racer.files), "lost": racer.lost()}))


if __name__ == "__main__":
    main()
