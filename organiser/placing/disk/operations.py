"""The file operations: copy, reflink, hard link and symlink, each making a temporary file that is then given its name.

Originals are opened read-only, always. What comes out is finished and flushed before it gets a name, so a crash leaves
either nothing, or a temporary file whose name the journal knows.
"""

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from typing import BinaryIO

from organiser.core.collections.placement import Create, Made, PlacementMode, Stamp
from organiser.core.photo import as_kept
from organiser.placing.disk.clone import clone
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.within import Spot

_CHUNK = 1 << 20
_CANNOT_CLONE = frozenset(
    {errno.EXDEV, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.ETXTBSY}
)

FileOperation = Callable[[str, Spot], tuple[PlacementMode, str | None]]
"""Makes a new file at a spot that stands for the original at the path.

Returns which mode it was in the end, and the digest of what can be read back; None for links.
"""


def digest_of(path: str) -> str:
    """Return the digest of the file at `path`: see :func:`digest_at`."""
    return digest_at(Spot.at(path))


def digest_at(spot: Spot) -> str:
    """Return the SHA-256 of the file's bytes, in hex; a symlink is not followed.

    Raises:
        OSError: it cannot be read.
    """
    with open(spot.open(os.O_RDONLY), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stamp_of(path: str, digest: str | None = None) -> Stamp:
    """Return how the file at `path` looks now: see :func:`stamp_at`."""
    return stamp_at(Spot.at(path), digest)


def stamp_at(spot: Spot, digest: str | None = None) -> Stamp:
    """Return how the file, or the symlink itself, looks now.

    Raises:
        OSError: it is not there.
    """
    status = os.lstat(spot.name, dir_fd=spot.folder)
    link = spot.link_text() if stat.S_ISLNK(status.st_mode) else None
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino, digest, link)


def copy(source: str, draft: Spot) -> tuple[PlacementMode, str]:
    """Copy bytes, mtime and permission bits; what was read and what can be read back are the same.

    Raises:
        PlacingError: no room, or the copy does not hold what was read.
        OSError: reading or writing failed; what was written so far is left.
    """
    with open(source, "rb") as original, _created(draft) as target:
        status = os.fstat(original.fileno())
        check_room(os.path.dirname(draft.path), status.st_size)
        read = hashlib.sha256()
        while chunk := original.read(_CHUNK):
            read.update(chunk)
            target.write(chunk)
        target.flush()
        keep_mtime_and_permissions(target.fileno(), status)
    digest = digest_at(draft)
    if digest != read.hexdigest():
        raise refusal(Cause.MACHINE, draft.path, "the copy does not hold what was read")
    return PlacementMode.COPY, digest


def _created(draft: Spot) -> BinaryIO:
    """Open a new file that only its owner can read until it gets the original's permissions."""
    return open(draft.open(os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb")


def reflink(source: str, draft: Spot) -> tuple[PlacementMode, str]:
    """Share the original's blocks; mtime and permission bits are kept.

    Raises:
        OSError: the file systems cannot.
    """
    clone(source, draft)
    with open(draft.open(os.O_RDONLY), "rb") as target:
        keep_mtime_and_permissions(target.fileno(), os.stat(source))
    return PlacementMode.REFLINK, digest_at(draft)


def reflink_or_copy(source: str, draft: Spot) -> tuple[PlacementMode, str]:
    """Reflink where the file systems can, else copy."""
    try:
        return reflink(source, draft)
    except OSError as error:
        if error.errno not in _CANNOT_CLONE:
            raise
        return copy(source, draft)


def hardlink(source: str, draft: Spot) -> tuple[PlacementMode, None]:
    """Give the original one more name."""
    os.link(os.path.realpath(source), draft.name, dst_dir_fd=draft.folder)
    return PlacementMode.HARDLINK, None


def symlink(source: str, draft: Spot) -> tuple[PlacementMode, None]:
    """Point to the original by its absolute path."""
    os.symlink(source, draft.name, dir_fd=draft.folder)
    return PlacementMode.SYMLINK, None


OPERATIONS: Mapping[PlacementMode, FileOperation] = {
    PlacementMode.AUTO: reflink_or_copy,
    PlacementMode.COPY: copy,
    PlacementMode.REFLINK: reflink,
    PlacementMode.HARDLINK: hardlink,
    PlacementMode.SYMLINK: symlink,
}
"""Every placement mode that makes a file, and how."""


def make(step: Create, draft: Spot, mode: PlacementMode) -> Made:
    """Make at `draft` what `step` asks for, by `mode`; finished, but not flushed yet.

    Raises:
        PlacingError: it cannot be done; nothing is left, unless that could not be removed either.
    """
    try:
        with translate_os_errors(draft.path, step.source):
            check_original(step)
            done, digest = OPERATIONS[mode](step.source, draft)
            check_original(step)
            return Made(done, stamp_at(draft, digest))
    except BaseException:
        draft.unlink_quietly()
        raise


def check_original(step: Create) -> None:
    """Make sure that the original still is the file that was scanned.

    Raises:
        PlacingError: it changed, or is no file.
        OSError: it is not there.
    """
    status = os.stat(step.source)
    if not stat.S_ISREG(status.st_mode) or (status.st_size, as_kept(status.st_mtime_ns)) != (step.size, step.mtime_ns):
        raise refusal(Cause.SOURCE_CHANGED, step.source)


def check_room(folder: str, size: int) -> None:
    """Make sure that `size` more bytes fit on the file system of `folder`.

    Raises:
        PlacingError: they do not.
    """
    status = os.statvfs(folder)
    if status.f_bavail * status.f_frsize < size:
        raise refusal(Cause.NO_SPACE, folder, f"the disk has no room for {size:,} bytes more")


def keep_mtime_and_permissions(descriptor: int, status: os.stat_result) -> None:
    """Give an open file the mtime and permission bits of `status`, as far as its file system has such things."""
    with contextlib.suppress(PermissionError, NotImplementedError):
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & 0o777)
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))


def remove_quietly(path: str) -> bool:
    """Remove a temporary file of ours; return whether it is gone."""
    return Spot.at(path).unlink_quietly()
