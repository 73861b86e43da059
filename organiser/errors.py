"""Every error the organiser raises on purpose, and whether trying again can help.

Two roots decide retry: :class:`Permanent` (the input is at fault) and :class:`Transient` (the machine is).
A bad picture is not an error but a value, :class:`organiser.core.photo.Failed`.
"""


class OrganiserError(Exception):
    """Something a person can act on; the command line prints it as one line with its hint.

    Args:
        message: what went wrong, naming the thing and the cause.
        hint: what to do about it, or an empty string.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Permanent(OrganiserError):
    """Trying again with the same input gives the same error."""


class Transient(OrganiserError):
    """The machine failed (disk full, I/O error, database gone); trying again later can succeed."""


class DecodeError(Permanent):
    """A file is no picture that can be read.

    Args:
        kind: the `FailureKind` value that classes the error.
        reason: why, for a person.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class QueryError(Permanent):
    """A query does not parse; `position` is the 0-based offset of the offending text in `query`."""

    def __init__(self, query: str, position: int, reason: str) -> None:
        super().__init__(f"{reason}\n  {query}\n  {' ' * position}^")
        self.query = query
        self.position = position
        self.reason = reason


class BundleError(Permanent):
    """A model bundle is incomplete, altered or not of a kind this version reads."""


class SettingsError(Permanent):
    """A setting has a value it cannot have; the message names the setting and where it came from."""


class LayoutError(Permanent):
    """A collection's layout template cannot be used; the message says which part and why."""


class PlacingError(OrganiserError):
    """A file operation or metadata write could not be done, and nothing half-made was left.

    Args:
        path: the file or folder it concerns.
        cause: the `organiser.placing.disk.errors.Cause` value that classes the error.
        reason: why, for a person.
        transient: whether the same step can succeed later without anyone changing the collection.
        hint: what to do about it, or an empty string.
    """

    def __init__(self, path: str, cause: str, reason: str, *, transient: bool = False, hint: str = "") -> None:
        super().__init__(f"{path}: {reason}", hint)
        self.path = path
        self.cause = cause
        self.reason = reason
        self.transient = transient


class IndexUnusable(Transient):
    """The index cannot be opened, is of a newer version, or lies where it would be damaged."""
