"""A picture file's bytes, read once and never written. What goes wrong is a `Failed`, classed by whose fault it is."""

import errno
import os
import stat
from typing import Final

from organiser.core.photo import Failed, FailureKind

_GONE: Final = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ESTALE))
_NO_FILE: Final = Failed(FailureKind.NOT_A_PICTURE, "not a regular file")
_FORBIDDEN: Final = frozenset((errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG))


def read(path: str | os.PathLike[str], max_bytes: int) -> bytes | Failed:
    """Return the content of the regular file at `path`, or why it cannot be had; more than `max_bytes` is refused."""
    try:
        with open(path, "rb", buffering=0, opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return _NO_FILE
            if status.st_size > max_bytes:
                size = f"{status.st_size / 1e6:.0f} MB; {max_bytes / 1e6:g} MB are allowed"
                return Failed(FailureKind.TOO_LARGE, size)
            return file.read(status.st_size)
    except OSError as error:
        return failure(error)


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting: a pipe that somebody named like a picture would be waited for, for ever."""
    return os.open(path, flags | os.O_NONBLOCK)


def failure(error: OSError) -> Failed:
    """Class an error of the operating system: the file is gone, is not ours to read, or the machine failed."""
    reason = error.strerror or str(error)
    if error.errno == errno.EISDIR:
        return _NO_FILE
    if error.errno in _GONE:
        return Failed(FailureKind.VANISHED, reason)
    if error.errno in _FORBIDDEN:
        return Failed(FailureKind.UNREADABLE, reason)
    return Failed(FailureKind.MACHINE, reason)
