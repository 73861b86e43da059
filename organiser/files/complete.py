"""Whether a file ends where its format says it should: what makes a young file safe to take without waiting.

A writer may close a half-written file and open it again, so that the closing alone proves nothing. Only a cheap check of
both ends is taken; a format that does not say where it ends is never called complete.
"""

import os

from organiser.core.library.reconcile import FoundFile
from organiser.formats.table import HEAD_BYTES, format_of
from organiser.regular_files import open_regular


def looks_complete(path: str | os.PathLike[str]) -> bool:
    """Whether the picture's last byte is there; False when in doubt, also for a file that cannot be read."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            row = format_of(file.read(HEAD_BYTES))
            return row is not None and row.ending is not None and row.ending(file, size) == size
    except OSError:
        return False


def half_written(root: str, file: FoundFile, *, quiet: float, now: float) -> bool:
    """Whether a file just found was changed less than `quiet` seconds before `now` and does not look complete.

    A scan that follows a hint uses this for files that came after the hint; the watcher tells of them again. A time of
    change in the future says nothing.

    Args:
        now: seconds since the epoch, by the clock that stamps the files.
    """
    age = now - file.mtime_ns / 1e9
    return 0 <= age < quiet and not looks_complete(os.path.join(root, file.relpath))
