"""Finding files: one recursive walk that yields each folder's possible pictures with their stat.

This is the one place where odd file systems are met. Names that are no UTF-8 are surrogate-escaped; folders and files
that cannot be read are reported as values, so that nobody takes them for gone; what vanishes during the walk was never
there. Symbolic links to folders are never followed, hence no loops. A link to a file is followed unless the walk meets
its target anyway. Devices, sockets and pipes are passed over.
"""

import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from organiser.core.library.reconcile import WHOLE, FoundFile, Scope, Unreadable
from organiser.core.photo import as_kept
from organiser.files import ignore
from organiser.files.ignore import PICTURES, Layers, Rules
from organiser.files.names import extension, is_junk
from organiser.formats.table import HEAD_BYTES, picture_kind
from organiser.regular_files import open_regular

_GONE = (FileNotFoundError, NotADirectoryError)


class Folder(NamedTuple):
    """One folder of the walk.

    Attributes:
        relpath: below the root, '' for the root itself.
        files: possible pictures directly in it, by name.
        unreadable: the folder itself, or files in it, that could not be read.
        links: links in it to folders that the walk does not come to by itself.
    """

    relpath: str
    files: list[FoundFile]
    unreadable: list[Unreadable]
    links: list[str]


def walk(root: str | os.PathLike[str], rules: Rules = PICTURES, scope: Scope = WHOLE) -> Iterator[Folder]:
    """Yield every folder in `scope` that is not ignored, a folder before those below it, by name.

    A folder of the scope that does not exist yields nothing: its files are gone. If the root itself cannot be listed,
    one folder '' comes, unreadable; nothing can be said about its files then.

    Raises:
        ValueError: a pattern of the rules is invalid.
    """
    base = os.fspath(root)
    ignore.outermost(rules)
    try:
        os.scandir(base).close()
    except OSError as error:
        yield _unreadable("", error)
        return
    scope = scope.minimal()
    for start in sorted(scope.trees | scope.directories):
        yield from _walk_from(base, start, rules, deep=start in scope.trees)


def folders(root: str | os.PathLike[str], rules: Rules = PICTURES, start: str = "") -> Iterator[str]:
    """Yield the relpath of `start` and every folder below it that a walk would list, each before it is listed.

    Whoever begins to watch a folder when it is yielded misses nothing in it. What cannot be read is passed over.
    """
    base = os.fspath(root)
    try:
        layers = _layers_above(base, start, rules)
    except (OSError, ValueError):
        return
    waiting = [] if layers is None else [(start, layers)]
    while waiting:
        relpath, layers = waiting.pop()
        directory = os.path.join(base, relpath)
        try:
            inside = ignore.entered(base, relpath, layers, ignore.markers(directory))
            if inside is None or not os.path.isdir(directory):
                continue
            yield relpath
            prefix = relpath + "/" if relpath else ""
            with os.scandir(directory) as entries:
                below = [prefix + entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
        except (OSError, ValueError):
            continue
        waiting.extend((path, inside) for path in below if _enters(path, inside))


def _enters(relpath: str, layers: Layers) -> bool:
    return not is_junk(relpath.rpartition("/")[2]) and not ignore.excludes(layers, relpath, is_directory=True)


def _layers_above(root: str, start: str, rules: Rules) -> Layers | None:
    """Return the layers that hold around the folder `start`, or None when a walk from the root would not come there."""
    if not start:
        return ignore.outermost(rules)
    layers = ignore.layers_inside(root, start.rpartition("/")[0], rules)
    if layers is None or not _enters(start, layers) or _passes_a_link(root, start):
        return None
    return layers


def _walk_from(root: str, start: str, rules: Rules, *, deep: bool) -> Iterator[Folder]:
    try:
        layers = _layers_above(root, start, rules)
    except (OSError, ValueError) as error:
        yield _unreadable(start, error)
        return
    waiting = [] if layers is None else [(start, layers)]
    while waiting:
        relpath, layers = waiting.pop()
        try:
            folder, below = _list(root, relpath, layers, rules)
        except _GONE:
            continue
        except (OSError, ValueError) as error:
            yield _unreadable(relpath, error)
            continue
        yield folder
        if deep:
            waiting.extend(below)


def _unreadable(relpath: str, error: Exception) -> Folder:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Folder(relpath, [], [Unreadable(relpath, reason)], [])


def _passes_a_link(root: str, relpath: str) -> bool:
    """Whether a part of `relpath` is a symbolic link: a walk from the root would not have come here."""
    while relpath:
        if os.path.islink(os.path.join(root, relpath)):
            return True
        relpath = relpath.rpartition("/")[0]
    return False


def _list(root: str, relpath: str, layers: Layers, rules: Rules) -> tuple[Folder, list[tuple[str, Layers]]]:
    """List one folder; return it and the folders below, last name first, with the layers that hold in them."""
    # Through a descriptor, the kernel need not find the folder again for the stat of each file.
    directory = os.open(os.path.join(root, relpath), os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(directory) as listing:
            entries = list(listing)
        inside = ignore.entered(root, relpath, layers, [entry.name for entry in entries if entry.name[0] == "."])
        folder = Folder(relpath, [], [], [])
        if inside is None:
            return folder, []
        below = _sort_out(root, entries, folder, rules)
    finally:
        os.close(directory)
    if inside:
        folder.files[:] = [file for file in folder.files if not ignore.excludes(inside, file[0], is_directory=False)]
        folder.links[:] = [path for path in folder.links if _enters(path, inside)]
        below = [path for path in below if _enters(path, inside)]
    folder.files.sort(key=itemgetter(0))
    folder.links.sort()
    return folder, [(path, inside) for path in sorted(below, reverse=True)]


def _sort_out(root: str, entries: list[os.DirEntry[str]], folder: Folder, rules: Rules) -> list[str]:
    """Add the possible pictures among a folder's entries to it; return the folders among them."""
    prefix = folder.relpath + "/" if folder.relpath else ""
    add, endings = folder.files.append, _spellings(rules.extensions)
    below: list[str] = []
    for entry in entries:
        name = entry.name
        if is_junk(name):
            continue
        try:
            # Nearly every entry is a plain file with a picture's ending, and a rescan meets all: that is asked first.
            if name[name.rfind(".") :] in endings and entry.is_file(follow_symlinks=False):
                status: os.stat_result | None = entry.stat(follow_symlinks=False)
            elif entry.is_dir(follow_symlinks=False):
                below.append(prefix + name)
                continue
            else:
                status = _unusual(root, prefix + name, entry, rules, folder.links)
            if status is not None:
                mtime_ns = status.st_mtime_ns
                if not 0 <= mtime_ns < _LATEST:
                    mtime_ns = as_kept(mtime_ns)
                add(_new(FoundFile, (prefix + name, status.st_size, mtime_ns, status.st_dev, status.st_ino)))
        except _GONE:
            continue
        except OSError as error:
            folder.unreadable.append(Unreadable(prefix + name, error.strerror or str(error)))
    return below


_new = tuple.__new__
"""What `FoundFile` itself calls, with two calls less in between."""

_LATEST = 1 << 63


@lru_cache(maxsize=8)
def _spellings(extensions: frozenset[str]) -> frozenset[str]:
    """Return the extensions, with their dot, as cameras and people commonly spell them."""
    return frozenset(
        "." + spelt for extension in extensions for spelt in (extension, extension.upper(), extension.capitalize())
    )


def _unusual(root: str, relpath: str, entry: os.DirEntry[str], rules: Rules, links: list[str]) -> os.stat_result | None:
    """Return the stat of an entry that is no plainly named file but may be a picture all the same; note links to folders."""
    if entry.is_symlink() and entry.is_dir():
        if not _met_anyway(root, os.path.join(root, relpath), rules):
            links.append(relpath)
        return None
    ending = extension(entry.name)
    if ending is not None and ending not in rules.extensions:
        return None
    path = os.path.join(root, relpath)
    if entry.is_symlink():
        status = entry.stat()
        if not stat.S_ISREG(status.st_mode) or _met_anyway(root, path, rules):
            return None
    elif entry.is_file(follow_symlinks=False):
        status = entry.stat(follow_symlinks=False)
    else:
        return None
    return status if ending is not None or _looks_like_a_picture(path) else None


def _met_anyway(root: str, link: str, rules: Rules) -> bool:
    """Whether the walk comes to the target of `link` by itself, so that the link would only be a duplicate."""
    top = os.path.join(os.path.realpath(root), "")
    target = os.path.realpath(link)
    return target.startswith(top) and not ignore.is_ignored(root, target[len(top) :], rules)


def _looks_like_a_picture(path: str) -> bool:
    with open_regular(path) as file:
        return picture_kind(file.read(HEAD_BYTES)) is not None
