"""Why a step could not be done: the operating system's errors in our words, and whether trying again can help."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from organiser.errors import PlacingError


class Cause(StrEnum):
    """What a :class:`PlacingError` is about."""

    NO_SPACE = "no_space"
    READ_ONLY = "read_only"
    OTHER_DEVICE = "other_device"
    NOT_PERMITTED = "not_permitted"
    NAME_TOO_LONG = "name_too_long"
    TOO_LARGE = "too_large"
    TOO_MANY_LINKS = "too_many_links"
    UNSUPPORTED = "unsupported"
    OCCUPIED = "occupied"
    BAD_TARGET = "bad_target"
    TARGET_GONE = "target_gone"
    SOURCE_GONE = "source_gone"
    SOURCE_CHANGED = "source_changed"
    EDITED = "edited"
    LAST_COPY = "last_copy"
    LINKED = "linked"
    MALFORMED = "malformed"
    PICTURE_CHANGED = "picture_changed"
    MACHINE = "machine"


_TRANSIENT = frozenset({Cause.NO_SPACE, Cause.TARGET_GONE, Cause.SOURCE_GONE, Cause.SOURCE_CHANGED, Cause.MACHINE})

_CAUSES = {
    errno.ENOSPC: Cause.NO_SPACE,
    errno.EDQUOT: Cause.NO_SPACE,
    errno.EROFS: Cause.READ_ONLY,
    errno.EXDEV: Cause.OTHER_DEVICE,
    errno.EPERM: Cause.NOT_PERMITTED,
    errno.EACCES: Cause.NOT_PERMITTED,
    errno.ENAMETOOLONG: Cause.NAME_TOO_LONG,
    errno.EILSEQ: Cause.UNSUPPORTED,
    errno.EFBIG: Cause.TOO_LARGE,
    errno.EMLINK: Cause.TOO_MANY_LINKS,
    errno.ENOTSUP: Cause.UNSUPPORTED,
    errno.EOPNOTSUPP: Cause.UNSUPPORTED,
    errno.ENOSYS: Cause.UNSUPPORTED,
    errno.ENOTTY: Cause.UNSUPPORTED,
    errno.EINVAL: Cause.UNSUPPORTED,
    errno.EEXIST: Cause.OCCUPIED,
    errno.ENOTDIR: Cause.OCCUPIED,
    errno.EISDIR: Cause.OCCUPIED,
    errno.ENOENT: Cause.TARGET_GONE,
}

_REASONS = {
    Cause.NO_SPACE: ("the disk is full", "free some space and sync again"),
    Cause.READ_ONLY: ("the file system is read-only", "mount it writable, or choose another target"),
    Cause.OTHER_DEVICE: ("the original is on another file system", "use --mode copy, auto or symlink"),
    Cause.NOT_PERMITTED: ("not permitted", "check who owns the folder and its permissions"),
    Cause.NAME_TOO_LONG: ("the name or path is too long for this file system", "choose a shorter target or layout"),
    Cause.TOO_LARGE: ("the file is too large for this file system or for the limit set", "choose another target"),
    Cause.TOO_MANY_LINKS: ("the original cannot have more hard links", "use --mode copy or auto"),
    Cause.UNSUPPORTED: ("this file system cannot do that", "use --mode copy or auto"),
    Cause.OCCUPIED: ("something that is not ours is there; it was left", "move it away, or change the layout"),
    Cause.TARGET_GONE: ("the folder is not there", "is its disk mounted?"),
    Cause.SOURCE_GONE: ("the original is not there", "scan again"),
    Cause.SOURCE_CHANGED: ("the original changed since it was scanned", "scan again"),
    Cause.EDITED: ("it is no longer what was placed there; it was left", ""),
    Cause.LAST_COPY: ("it may be the last copy of its photo; it was left", "remove it by hand if it is not wanted"),
    Cause.LINKED: ("the file has several names; writing into it would change them all", "use sidecars"),
    Cause.MALFORMED: ("what is there cannot be read as XMP; it was left", ""),
    Cause.PICTURE_CHANGED: ("writing would have changed more than the tag; nothing was written", "use sidecars"),
}


def refusal(cause: Cause, path: str, reason: str | None = None, hint: str | None = None) -> PlacingError:
    """Return the error of a step that cannot be done for `cause`, in its own words or in `reason` and `hint`."""
    usual, advice = _REASONS.get(cause, ("the machine failed", "look at the disk, then sync again"))
    hint = advice if hint is None else hint
    return PlacingError(path, cause, reason or usual, transient=cause in _TRANSIENT, hint=hint)


def translated(error: OSError, path: str, source: str | None = None) -> PlacingError:
    """Return the operating system's `error` about `path` in our words; `source` is the original also involved."""
    cause = _CAUSES.get(error.errno or 0, Cause.MACHINE)
    if source is not None and error.filename == source:
        path = source
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            cause = Cause.SOURCE_GONE
    usual = _REASONS.get(cause, ("the machine failed", ""))[0]
    return refusal(cause, path, f"{usual} ({error.strerror or os.strerror(error.errno or 0)})")


@contextmanager
def translate_os_errors(path: str, source: str | None = None) -> Iterator[None]:
    """Turn every OSError inside into a :class:`PlacingError` about `path`, or about the original `source`.

    Raises:
        PlacingError: whenever the operating system refuses.
    """
    try:
        yield
    except OSError as error:
        raise translated(error, path, source) from error
