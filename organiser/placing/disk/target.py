"""A collection's folder: which folders may be one, the marker that says so, and the folders we made inside.

The marker `.organiser-collection` keeps scans out, tells a target whose disk is not mounted from an empty one, and
lists the folders that we made, so that only these are removed when they are empty again.
"""

import contextlib
import os
import secrets
import shlex
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager

from organiser.core.collections.placement import COLLECTION_MARKER, TEMPORARY_PREFIX
from organiser.errors import PlacingError
from organiser.placing.disk import proved
from organiser.placing.disk.durable import flush, flush_to_disk
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.kept_folders import KeptFolders
from organiser.placing.disk.marker import Notes, marker_of, of_another_home, read, read_marker
from organiser.placing.disk.rename import rename_without_replacing
from organiser.placing.disk.within import Spot, folder_in, spot_in


def check_target(path: str, roots: Iterable[str], others: Iterable[str] = (), home: str = "") -> None:
    """Make sure that a collection may live at `path`.

    Args:
        path: absolute; need not exist.
        roots: every root.
        others: the targets of other collections.
        home: the id that our markers bear.

    Raises:
        PlacingError: it is a root, holds one, belongs to another collection or another home, or holds photos the marker
            would hide.
    """
    real = os.path.realpath(path)
    roots = list(roots)
    _require_apart(path, roots)
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
    with folder_in(real) as handle:
        notes = None if handle is None else read_marker(handle, path)
    if notes is not None and notes.is_anothers(home):
        raise of_another_home(path)


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
        home: the id of the organiser's index; markers of other homes say nothing of ours.
        established: placements are recorded there, so its marker must be there too; else its disk is not mounted.
        roots: every root; the folder may not have come to lie in one along a link.

    Raises:
        PlacingError: it cannot be made or read, has lost its marker, or was replaced by a link.
    """

    def __init__(
        self, path: str, name: str, *, home: str = "", established: bool = False, roots: Iterable[str] = ()
    ) -> None:
        self.path = path
        self._name = name
        self._home = home
        self._status: os.stat_result | None = None
        self._kept = KeptFolders(path)
        _require_no_detour(path, roots)
        with self._opened() as handle:
            marked = handle is not None and marker_of(handle, path).status() is not None
        if established and not marked:
            lost = "it has lost its marker" if os.path.isdir(path) else "the collection's folder is gone"
            anew = f"if you removed it, `organiser collections sync --recreate {shlex.quote(name)}` fills it anew"
            raise refusal(Cause.TARGET_GONE, path, lost, f"is its disk mounted? {anew}")
        with translate_os_errors(path):
            missing = _missing_parents(path)
            os.makedirs(path, exist_ok=True)
        with self._present() as handle, translate_os_errors(path):
            self._status = os.fstat(handle)
            notes = read_marker(handle, self.path)
            self._theirs = notes is not None and notes.is_anothers(home)
            if self._theirs and not established:
                raise of_another_home(path)
            self._folders = set(notes.folders) if notes and not self._theirs else set()
            self._made = notes.made if notes else missing
        if notes is None or (notes.collection, notes.home) != (name, home):
            self._write(anew=notes is None and not marked)

    def at(self, destination: str) -> str:
        """Return the absolute path of a placement's destination.

        Raises:
            PlacingError: it lies outside of the collection's folder, perhaps because a folder on the way was replaced by
                a link: what lies there may be anything, originals included.
        """
        with self.spot(destination):
            return os.path.join(self.path, destination)

    @contextlib.contextmanager
    def spot(self, destination: str) -> Iterator[Spot | None]:
        """Give the spot of a placement's destination; None when its folder is not there.

        Raises:
            PlacingError: it lies outside of the collection's folder, see :meth:`at`.
        """
        *parts, name = destination.split("/")
        with self._kept.folder(tuple(parts), self._status) as folder:
            yield None if folder is None else Spot(folder, name, os.path.join(self.path, destination))

    def let_go(self) -> None:
        """Close the folders that are kept open from one placement to the next; other work goes its way anew."""
        self._kept.let_go()

    @contextlib.contextmanager
    def present_spot(self, destination: str) -> Iterator[Spot]:
        """Give the spot of a placement's destination, whose folder must be there.

        Raises:
            PlacingError: it is not, or the destination lies outside of the collection's folder.
        """
        with self.spot(destination) as spot:
            if spot is None:
                raise refusal(Cause.TARGET_GONE, os.path.dirname(os.path.join(self.path, destination)))
            yield spot

    def make_folders(self, destinations: Iterable[str]) -> None:
        """Make the folders that these destinations lie in, noting first which of them are ours.

        Raises:
            PlacingError: one cannot be made.
        """
        wanted = {folder for destination in destinations for folder in _folders_above(destination)}
        missing = sorted(folder for folder in wanted if not self._is_there(folder))
        if not missing:
            return
        with translate_os_errors(self.path):
            self._folders.update(missing)
            self._write()
        for folder in missing:
            with (
                folder_in(self.path, folder.split("/"), make=True, same_as=self._status),
                translate_os_errors(self.path),
            ):
                flush(os.path.dirname(os.path.join(self.path, folder)))

    def _is_there(self, folder: str) -> bool:
        with self._kept.folder(tuple(folder.split("/")), self._status) as handle:
            return handle is not None

    def prune(self) -> None:
        """Remove the folders that we made and that are empty again."""
        self.let_go()
        before = set(self._folders)
        for folder in sorted(before, key=lambda name: name.count("/"), reverse=True):
            with contextlib.suppress(PlacingError), self._fresh_spot(folder) as spot:
                if spot is None or _removed(spot):
                    self._folders.discard(folder)
        if self._folders != before:
            with translate_os_errors(self.path):
                self._write()

    def retire(self) -> None:
        """Give the folder up: remove the marker, and the folder itself if we made it and it is empty."""
        self.prune()
        if self._theirs:
            return
        with self._present() as handle, translate_os_errors(self.path):
            marker = marker_of(handle, self.path)
            if read_marker(handle, self.path) is not None:
                proved.remove(marker, marker.beside(_private_name()), self._prove_marker)
        for folder in self._made:
            if not _removed(Spot.at(folder)):
                break

    def _fresh_spot(self, folder: str) -> AbstractContextManager[Spot | None]:
        return spot_in(self.path, folder, same_as=self._status)

    def _opened(self) -> AbstractContextManager[int | None]:
        return folder_in(self.path, same_as=self._status)

    @contextlib.contextmanager
    def _present(self) -> Iterator[int]:
        with self._opened() as handle:
            if handle is None:
                raise refusal(Cause.TARGET_GONE, self.path)
            yield handle

    def _prove_marker(self, marker: Spot) -> None:
        notes = read(marker, self.path)
        if notes is None or (notes.collection, notes.home) != (self._name, self._home):
            raise refusal(Cause.EDITED, marker.path)

    def _write(self, *, anew: bool = False) -> None:
        """Write the marker; that of another home stays as it is. With `anew` only where there is none still."""
        if self._theirs:
            return
        notes = Notes(self._home, self._name, tuple(sorted(self._folders)), self._made)
        with self._present() as folder:
            marker = marker_of(folder, self.path)
            draft = marker.beside(_private_name())
            handle = draft.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            try:
                with open(handle, "w", encoding="ascii") as file:
                    os.fchmod(handle, 0o644)  # whoever scans or fills the folder reads it, other users' workers too
                    file.write(notes.as_json())
                    file.flush()
                    flush_to_disk(file.fileno())
                if anew:
                    rename_without_replacing(draft, marker)
                else:
                    marker.replace(draft)
            except OSError:
                draft.unlink_quietly()
                raise
            flush_to_disk(folder)


def _private_name() -> str:
    return TEMPORARY_PREFIX + secrets.token_hex(8)


def give_up(path: str, name: str, roots: Iterable[str], home: str = "") -> None:
    """Let a folder be no collection any more: remove the marker that we wrote for `name`, and what we made and is empty.

    A folder that is not there or holds no marker of this collection is left alone.

    Raises:
        PlacingError: what is there is not as we left it.
    """
    with folder_in(path) as handle:
        notes = None if handle is None else read(marker_of(handle, path), path)
    if notes is not None and notes.collection == name and not notes.is_anothers(home):
        Target(path, name, home=home, established=True, roots=roots).retire()


def _require_no_detour(path: str, roots: Iterable[str]) -> None:
    """Make sure that no link on the way to a collection's folder leads it into a root, or onto one.

    Raises:
        PlacingError: one does; or the folder holds a root.
    """
    real = os.path.realpath(path)
    roots = list(roots)
    _require_apart(path, roots)
    for root in roots:
        top = os.path.realpath(root)
        if real == top or top.startswith(real.rstrip("/") + "/"):
            raise refusal(Cause.BAD_TARGET, path, f"a collection cannot hold the root {root}")
        below = _below(real, top)
        if below is not None and below not in (_below(path, root), _below(path, top)):
            raise refusal(Cause.BAD_TARGET, path, f"a link leads it into the root {root}", "remove that link")


def _require_apart(path: str, roots: Iterable[str]) -> None:
    """Make sure that the target is no root, and holds none, under another name: by a mount, a path does not tell.

    Raises:
        PlacingError: it is, or holds one.
    """
    here = _status(path)
    for root in roots:
        folder = os.path.realpath(root)
        while here is not None:
            status = _status(folder)
            if status is not None and os.path.samestat(status, here):
                raise refusal(Cause.BAD_TARGET, path, f"a collection cannot hold the root {root}")
            if folder == os.path.dirname(folder):
                break
            folder = os.path.dirname(folder)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _below(path: str, folder: str) -> str | None:
    """Return where `path` lies below `folder`, or None."""
    folder = folder.rstrip("/") + "/"
    return path.removeprefix(folder) if path.startswith(folder) else None


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


def _removed(folder: Spot) -> bool:
    """Remove an empty folder; return whether it is gone."""
    try:
        os.rmdir(folder.name, dir_fd=folder.folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
