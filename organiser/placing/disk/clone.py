"""Reflinks: a new file that shares its blocks with another until one of them is written to."""

import ctypes
import fcntl
import os
import sys

from organiser.placing.disk.within import Spot

_FICLONE = 0x40049409
_AT_FDCWD = -2  # macOS
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def clone(source: str, destination: Spot) -> None:
    """Make what stands at `destination`, where nothing may be yet, a reflink of the file `source`, which is only read.

    Raises:
        OSError: EXDEV, EOPNOTSUPP and others where the file systems cannot; nothing is left then.
    """
    if sys.platform == "darwin":
        _clonefile(source, destination)
        return
    with open(source, "rb") as original, open(destination.open(_NEW), "wb") as copy:
        try:
            fcntl.ioctl(copy, _FICLONE, original.fileno())
        except OSError:
            destination.unlink()
            raise


def _clonefile(source: str, destination: Spot) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    folder = _AT_FDCWD if destination.folder is None else destination.folder
    if library.clonefileat(_AT_FDCWD, os.fsencode(source), folder, os.fsencode(destination.name), 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), source, None, destination.path)
