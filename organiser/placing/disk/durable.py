"""Having the disk keep what was written: nothing gets a name before its bytes, nothing is done before its name, is kept.

A flush of the whole file system takes hardly longer than that of one file, so many files are flushed by one call where
the kernel reports the errors of such a call (Linux since 5.8).
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import stat
import sys
from collections.abc import Iterable
from functools import cache

_FEW = 2
_NO_SUCH_THING = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def flush_to_disk(descriptor: int) -> None:
    """Return once the disk has what was written to an open file.

    Raises:
        OSError: it could not be written.
    """
    if hasattr(fcntl, "F_FULLFSYNC"):  # macOS: fsync only reaches the drive's own cache
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def flush(path: str) -> None:
    """Return once the disk has a file, or the names in a folder; file systems that cannot say so are believed.

    Raises:
        OSError: it is not there, or could not be written.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        flush_to_disk(descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_THING:
            raise
    finally:
        os.close(descriptor)


def flush_all(paths: Iterable[str]) -> dict[str, OSError]:
    """Flush files and folders; return the error of each that could not be written. Symlinks are left to their folder."""
    failed: dict[str, OSError] = {}
    devices: dict[int, list[str]] = {}
    for path in paths:
        try:
            status = os.lstat(path)
        except OSError as error:
            failed[path] = error
            continue
        if not stat.S_ISLNK(status.st_mode):
            devices.setdefault(status.st_dev, []).append(path)
    for same in devices.values():
        if len(same) > _FEW and _flushed_whole(same[0]):
            continue
        for path in same:
            try:
                flush(path)
            except OSError as error:
                failed[path] = error
    return failed


def _flushed_whole(path: str) -> bool:
    """Flush the file system of `path` and return whether that surely worked."""
    if not _reports_errors():
        return False
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return bool(ctypes.CDLL(None, use_errno=True).syncfs(descriptor) == 0)
    except AttributeError:
        return False
    finally:
        os.close(descriptor)


@cache
def _reports_errors() -> bool:
    if sys.platform != "linux":
        return False
    version = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return version is not None and (int(version[1]), int(version[2])) >= (5, 8)
