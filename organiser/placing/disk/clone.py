"""Reflinks: a new file that shares its blocks with another until one of them is written to."""

import ctypes
import fcntl
import os
import sys

_FICLONE = 0x40049409


def clone(source: str, destination: str) -> None:
    """Make `destination`, which must not exist, a reflink of the file `source`, which is only read.

    Raises:
        OSError: EXDEV, EOPNOTSUPP and others where the file systems cannot; nothing is left then.
    """
    if sys.platform == "darwin":
        _clonefile(source, destination)
        return
    with open(source, "rb") as original, open(destination, "xb") as copy:
        try:
            fcntl.ioctl(copy, _FICLONE, original.fileno())
        except OSError:
            os.unlink(destination)
            raise


def _clonefile(source: str, destination: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.clonefile(os.fsencode(source), os.fsencode(destination), 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), source, None, destination)
