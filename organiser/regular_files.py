"""The one door through which files are read that others wrote: pictures, bundles, ignore files, lists to import.

What lies under a name is another's choice. A pipe would be waited for, a device has no end, a link leads elsewhere, and
a sparse file of terabytes takes days: each is refused at once, by what was opened and not by what the name said before.
Nothing is ever opened for writing here.
"""

import errno
import os
import stat
from io import BufferedReader

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class NotRegularError(OSError):
    """A pipe, a device, a socket, or a link where none is followed."""

    def __init__(self, path: str | os.PathLike[str], reason: str = "not a regular file") -> None:
        super().__init__(errno.EINVAL, reason, os.fspath(path))


class TooLargeError(OSError):
    """The file has more bytes than are read of its kind."""

    def __init__(self, path: str | os.PathLike[str], size: int, max_bytes: int) -> None:
        super().__init__(errno.EFBIG, f"{_readable(size)}; {_readable(max_bytes)} are allowed", os.fspath(path))


def open_regular(
    path: str | os.PathLike[str], *, max_bytes: int | None = None, follow: bool = True, folder: int | None = None
) -> BufferedReader:
    """Open the regular file at `path` for reading, without waiting for anything.

    Args:
        max_bytes: larger files are refused; None where the size does not matter.
        follow: whether `path` may be a symbolic link.
        folder: the descriptor of an open folder that `path` is relative to.

    Raises:
        NotRegularError, IsADirectoryError, TooLargeError: as they say.
        OSError: it cannot be opened.
    """
    try:
        descriptor = os.open(path, _FLAGS if follow else _FLAGS | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP and not follow:
            raise NotRegularError(path, "a symbolic link, which is not followed here") from None
        if error.errno in (errno.ENXIO, errno.EOPNOTSUPP):  # a socket, or a device with nothing behind it
            raise NotRegularError(path) from None
        raise
    try:
        check_regular(path, os.fstat(descriptor), max_bytes)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(
    path: str | os.PathLike[str], max_bytes: int, *, follow: bool = True, folder: int | None = None
) -> bytes:
    """Return the content of the regular file at `path`; what is appended meanwhile is left out.

    Raises:
        OSError: as `open_regular`.
    """
    with open_regular(path, max_bytes=max_bytes, follow=follow, folder=folder) as file:
        return file.read(os.fstat(file.fileno()).st_size)


def check_regular(path: str | os.PathLike[str], status: os.stat_result, max_bytes: int | None = None) -> None:
    """Refuse by its stat what is no regular file or too large; the errors are those of `open_regular`."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(status.st_mode):
        raise NotRegularError(path)
    if max_bytes is not None and status.st_size > max_bytes:
        raise TooLargeError(path, status.st_size, max_bytes)


def _readable(size: int) -> str:
    return f"{size / 1e6:.3g} MB" if size < 1e9 else f"{size / 1e9:.4g} GB"
