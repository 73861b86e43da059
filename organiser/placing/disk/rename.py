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

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_RENAME_EXCL = 4
_NOT_SUPPORTED = frozenset(
    {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EMLINK, errno.ENOTTY}
)

Renaming = Callable[[str, str], None]


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _by_call(old: str, new: str) -> None:
    """Rename by renameat2(2) or renamex_np(2)."""
    source, target = os.fsencode(old), os.fsencode(new)
    name = "renamex_np" if sys.platform == "darwin" else "renameat2"
    try:
        call = getattr(_library(), name)
    except AttributeError as error:
        raise OSError(errno.ENOSYS, f"no {name} here") from error
    if sys.platform == "darwin":
        failed = call(source, target, ctypes.c_uint(_RENAME_EXCL))
    else:
        failed = call(_AT_FDCWD, source, _AT_FDCWD, target, ctypes.c_uint(_RENAME_NOREPLACE))
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), old, None, new)


def by_link(old: str, new: str) -> None:
    """Rename by giving the file a second name and taking the first away; fails where there are no hard links."""
    os.link(old, new, follow_symlinks=False)
    os.unlink(old)


def by_reservation(old: str, new: str) -> None:
    """Rename onto a file that we made a moment before, and only if it still is ours.

    It holds the name of `old`, which nobody else knows, so that whoever cleans up after a crash can tell it from a file
    that another program put there.
    """
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, _token(old))
    finally:
        os.close(handle)
    if not is_reservation(new, old):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
    try:
        os.rename(old, new)
    except OSError:
        if is_reservation(new, old):
            os.unlink(new)
        raise


def is_reservation(path: str, old: str) -> bool:
    """Whether the file at `path` is what `by_reservation` put there to keep the name free for `old`."""
    token = _token(old)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    with open(handle, "rb", buffering=0) as file:
        return stat.S_ISREG(os.fstat(handle).st_mode) and file.read(len(token) + 1) == token


def _token(old: str) -> bytes:
    return b"organiser keeps this name free for " + os.fsencode(os.path.basename(old))


WAYS: Sequence[Renaming] = (_by_call, by_link, by_reservation)


def rename_without_replacing(old: str, new: str, ways: Sequence[Renaming] = WAYS) -> None:
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
