"""Giving a finished file its name without ever replacing what has that name already.

Linux and macOS have a call for it. Where the file system does not support the call, a hard link and an unlink do; where
it has no links either, a file that says so reserves the name and is then replaced. A crash in the middle of one of these two
leaves the temporary name behind, and recovery tells from it what to clean.
"""

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Callable, Sequence
from functools import cache

from organiser.placing.disk.within import Spot

_AT_FDCWD = -2 if sys.platform == "darwin" else -100
_RENAME_NOREPLACE = 1
_RENAME_EXCL = 4
_RENAME_EXCHANGE = 2  # of both systems
_NOT_SUPPORTED = frozenset(
    {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EMLINK, errno.ENOTTY}
)

Renaming = Callable[[Spot, Spot], None]


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _by_call(old: Spot, new: Spot) -> None:
    """Rename by renameat2(2) or renameatx_np(2)."""
    _call(old, new, _RENAME_EXCL if sys.platform == "darwin" else _RENAME_NOREPLACE)


def _call(old: Spot, new: Spot, flag: int) -> None:
    name = "renameatx_np" if sys.platform == "darwin" else "renameat2"
    try:
        call = getattr(_library(), name)
    except AttributeError as error:
        raise OSError(errno.ENOSYS, f"no {name} here") from error
    if call(_folder(old), os.fsencode(old.name), _folder(new), os.fsencode(new.name), ctypes.c_uint(flag)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), old.path, None, new.path)


def _folder(spot: Spot) -> int:
    return _AT_FDCWD if spot.folder is None else spot.folder


def by_link(old: Spot, new: Spot) -> None:
    """Rename by giving the file a second name and taking the first away; fails where there are no hard links."""
    os.link(old.name, new.name, src_dir_fd=old.folder, dst_dir_fd=new.folder, follow_symlinks=False)
    before, after = old.status(), new.status()
    if before is not None and after is not None and os.path.samestat(before, after):  # else another came meanwhile
        old.unlink()


def by_reservation(old: Spot, new: Spot) -> None:
    """Rename onto a file that we made a moment before, and only if it still is ours.

    It holds the name of `old`, which nobody else knows, so that whoever cleans up after a crash can tell it from a file
    that another program put there.
    """
    handle = new.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        os.write(handle, _token(old.path))
    finally:
        os.close(handle)
    if not is_reservation(new, old.path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new.path)
    try:
        new.replace(old)
    except OSError:
        if is_reservation(new, old.path):
            new.unlink()
        raise


def is_reservation(spot: Spot, old: str) -> bool:
    """Whether the file at `spot` is what `by_reservation` put there to keep the name free for `old`."""
    token = _token(old)
    try:
        handle = spot.open(os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    with open(handle, "rb", buffering=0) as file:
        return stat.S_ISREG(os.fstat(handle).st_mode) and file.read(len(token) + 1) == token


def _token(old: str) -> bytes:
    return b"organiser keeps this name free for " + os.fsencode(os.path.basename(old))


WAYS: Sequence[Renaming] = (_by_call, by_link, by_reservation)


def rename_without_replacing(old: Spot, new: Spot, ways: Sequence[Renaming] = WAYS) -> None:
    """Rename `old` to `new` in one file system; `new` must not exist.

    Raises:
        FileExistsError: `new` exists, as whatever; nothing changed.
        OSError: no way works here.
    """
    for way in ways[:-1]:
        try:
            return way(old, new)
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED:
                raise
    return ways[-1](old, new)


def rename_to_private(old: Spot, new: Spot) -> None:
    """Rename `old` to a name that nobody else knows; where the system cannot refuse to replace, that must do.

    Raises:
        OSError: it cannot be renamed.
    """
    try:
        _by_call(old, new)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
        new.replace(old)


def exchange(spot: Spot, other: Spot) -> bool:
    """Let two files have each other's names at one stroke; return whether this system and file system can.

    Raises:
        OSError: one of them is not there, or may not be renamed.
    """
    try:
        _call(spot, other, _RENAME_EXCHANGE)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
        return False
    return True
