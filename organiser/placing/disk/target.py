"""A collection's folder: which folders may be one, the marker that says so, and the folders we made inside.

The marker `.organiser-collection` keeps scans out, tells a target whose disk is not mounted from an empty one, and
lists the folders that we made, so that only these are removed when they are empty again.
"""

import contextlib
import json
import os
import shlex
from collections.abc import Iterable
from typing import Any

from organiser.core.placement import COLLECTION_MARKER
from organiser.placing.disk.durable import flush, flush_to_disk
from organiser.placing.disk.errors import Cause, blaming, refusal
from organiser.placing.disk.operations import remove_quietly

_NOTE = "This folder is a collection made by organiser. Scans leave it out; do not remove this file."


def check_target(path: str, roots: Iterable[str], others: Iterable[str] = ()) -> None:
    """Make sure that a collection may live at `path`.

    Args:
        path: absolute; need not exist.
        roots: every root.
        others: the targets of other collections.

    Raises:
        PlacingError: it is a root, holds one, belongs to another collection, or holds photos the marker would hide.
    """
    real = os.path.realpath(path)
    for root in map(os.path.realpath, roots):
        if real == root or root.startswith(real.rstrip("/") + "/"):
            raise refusal(Cause.BAD_TARGET, path, f"a collection cannot hold the root {root}")
        inside = real.startswith(root.rstrip("/") + "/")
        if inside and _holds_anything(real) and not os.path.lexists(os.path.join(real, COLLECTION_MARKER)):
            reason = f"it lies in the root {root} and holds files that would no longer be scanned; name a new folder"
            raise refusal(Cause.BAD_TARGET, path, reason)
    if real in map(os.path.realpath, others):
        raise refusal(Cause.BAD_TARGET, path, "another collection has this folder")
    if os.path.lexists(real) and not os.path.isdir(real):
        raise refusal(Cause.BAD_TARGET, path, "it is not a folder")


def _holds_anything(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return any(True for _ in entries)
    except OSError:
        return False


class Target:
    """An open collection's folder.

    Args:
        path: absolute.
        name: the collection's.
        established: placements are recorded there, so its marker must be there too; else its disk is not mounted.

    Raises:
        PlacingError: it cannot be made or read, or has lost its marker.
    """

    def __init__(self, path: str, name: str, *, established: bool = False) -> None:
        self.path = path
        self._name = name
        self._marker = os.path.join(path, COLLECTION_MARKER)
        if established and not os.path.lexists(self._marker):
            lost = "it has lost its marker" if os.path.isdir(path) else "the collection's folder is gone"
            anew = f"if you removed it, `organiser collections sync --recreate {shlex.quote(name)}` fills it anew"
            raise refusal(Cause.TARGET_GONE, path, lost, f"is its disk mounted? {anew}")
        with blaming(path):
            missing = _missing_parents(path)
            os.makedirs(path, exist_ok=True)
            notes = self._read()
            self._folders: set[str] = set(notes.get("folders", ()))
            self._made: list[str] = notes.get("made", missing)
            if not notes:
                self._write()

    def at(self, destination: str) -> str:
        """Return the absolute path of a placement's destination."""
        return os.path.join(self.path, destination)

    def make_folders(self, destinations: Iterable[str]) -> None:
        """Make the folders that these destinations lie in, noting first which of them are ours.

        Raises:
            PlacingError: one cannot be made.
        """
        wanted = {folder for destination in destinations for folder in _folders_above(destination)}
        missing = sorted(folder for folder in wanted if not os.path.lexists(self.at(folder)))
        if not missing:
            return
        with blaming(self.path):
            self._folders.update(missing)
            self._write()
        for folder in missing:
            with blaming(self.at(folder)):
                os.makedirs(self.at(folder), exist_ok=True)
                flush(os.path.dirname(self.at(folder)))

    def prune(self) -> None:
        """Remove the folders that we made and that are empty again."""
        before = set(self._folders)
        for folder in sorted(before, key=lambda name: name.count("/"), reverse=True):
            if _removed(self.at(folder)):
                self._folders.discard(folder)
        if self._folders != before:
            with blaming(self.path):
                self._write()

    def retire(self) -> None:
        """Give the folder up: remove the marker, and the folder itself if we made it and it is empty."""
        self.prune()
        for name in (self._marker + ".new", self._marker):
            with blaming(name), contextlib.suppress(FileNotFoundError):
                os.unlink(name)
        for folder in self._made:
            if not _removed(folder):
                break

    def _read(self) -> dict[str, Any]:
        try:
            with open(self._marker, encoding="ascii") as file:
                notes = json.load(file)
        except (FileNotFoundError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}

    def _write(self) -> None:
        notes = {"note": _NOTE, "collection": self._name, "folders": sorted(self._folders), "made": self._made}
        draft = self._marker + ".new"
        try:
            with open(draft, "w", encoding="ascii") as file:
                json.dump(notes, file, indent=1)
                file.flush()
                flush_to_disk(file.fileno())
            os.replace(draft, self._marker)
        except OSError:
            remove_quietly(draft)
            raise
        flush(self.path)


def _missing_parents(path: str) -> list[str]:
    """Return which of `path` and the folders above do not exist, the deepest first."""
    missing = []
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    return missing


def _folders_above(destination: str) -> list[str]:
    parts = destination.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _removed(folder: str) -> bool:
    """Remove an empty folder; return whether it is gone."""
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
