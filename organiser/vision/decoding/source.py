"""A picture file's bytes, read once and never written. What goes wrong is a `Failed`, classed by whose fault it is."""

import errno
import os
from typing import Final

from organiser.core.photo import Failed, FailureKind
from organiser.regular_files import NotRegularError, TooLargeError, read_regular

_GONE: Final = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ESTALE))
_NO_FILE: Final = Failed(FailureKind.NOT_A_PICTURE, "not a regular file")
_FORBIDDEN: Final = frozenset((errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG))


def read(path: str | os.PathLike[str], max_bytes: int) -> bytes | Failed:
    """Return the content of the regular file at `path`, or why it cannot be had; more than `max_bytes` is refused."""
    try:
        return read_regular(path, max_bytes)
    except OSError as error:
        return failure(error)
    except MemoryError:
        return Failed(FailureKind.MACHINE, "not enough memory to read this file")


def failure(error: OSError) -> Failed:
    """Class an error met when reading: the file is gone, is none of ours to read, or the machine failed."""
    reason = error.strerror or str(error)
    if isinstance(error, (NotRegularError, IsADirectoryError)):
        return _NO_FILE
    if isinstance(error, TooLargeError):
        return Failed(FailureKind.TOO_LARGE, reason)
    if error.errno in _GONE:
        return Failed(FailureKind.VANISHED, reason)
    if error.errno in _FORBIDDEN:
        return Failed(FailureKind.UNREADABLE, reason)
    return Failed(FailureKind.MACHINE, reason)
