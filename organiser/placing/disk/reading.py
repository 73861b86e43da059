"""Reading small files that anybody may have put there: regular files only, at once, and never without a limit."""

import errno
import os
import stat

from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.within import Spot


def read_regular(spot: Spot, most: int) -> bytes | None:
    """Return what a regular file holds, or None when nothing is there; a pipe or a device is not waited for.

    Raises:
        PlacingError: it is a link or no regular file, holds more than `most` bytes, or cannot be read.
    """
    with translate_os_errors(spot.path):
        try:
            handle = spot.open(os.O_RDONLY | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):  # a link; a socket
                raise _no_file(spot) from error
            raise
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(handle)
            raise _no_file(spot)
        with open(handle, "rb") as file:
            data = b"" if status.st_size > most else file.read(most + 1)
        if max(status.st_size, len(data)) > most:
            raise refusal(Cause.MALFORMED, spot.path, f"it is larger than {most:,} bytes; it was left", "")
        return data


def _no_file(spot: Spot) -> Exception:
    return refusal(Cause.MALFORMED, spot.path, "it is no regular file; it was left", "move it away")
