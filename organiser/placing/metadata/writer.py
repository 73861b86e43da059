"""The seam of the metadata writers: what would change is worked out first, journaled, and then carried out.

A writer never touches anything before :meth:`MetadataWriter.draft`, and returns None when nothing would change, so that
no file is ever rewritten with what it says already.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from organiser.core.collections.placement import Medium, Stamp, Tag
from organiser.errors import PlacingError
from organiser.placing.disk import proved
from organiser.placing.disk.durable import flush
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.operations import remove_quietly
from organiser.placing.disk.rename import exchange
from organiser.placing.disk.within import Spot


@dataclass(frozen=True, slots=True)
class Change:
    """What writing or clearing a tag would do.

    Attributes:
        path: the sidecar, or the picture that the metadata is embedded in.
        before: the metadata as it is: a sidecar's bytes, an embedded packet; None when there is none.
        after: as it will be; None when there will be none.
        picture: that a sidecar belongs to; nobody may read the sidecar who cannot read that.
    """

    path: str
    before: bytes | None
    after: bytes | None
    picture: str | None = None


class MetadataWriter(Protocol):
    """Adds our keywords to a picture's metadata and takes them away again, leaving everything else as it is.

    All methods raise :class:`organiser.errors.PlacingError` when the metadata cannot be read or written.
    """

    medium: Medium

    def place(self, picture: str) -> str:
        """Return the absolute path of the file that holds, or would hold, the tags of `picture`."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return the metadata in a file that `place` named, or None when there is none."""
        ...

    def writing(self, picture: str, tag: Tag) -> Change | None:
        """Return what writing `tag` would change."""
        ...

    def clearing(self, picture: str, keyword: str | None = None) -> Change | None:
        """Return what taking `keyword`, or all we ever wrote, out again would change."""
        ...

    def draft(self, change: Change, temporary: str) -> None:
        """Write the file as it will be to `temporary`, in the folder of `change.path`, for the caller to flush."""
        ...

    def carry_out(self, change: Change, temporary: str) -> Stamp | None:
        """Put the draft in place if the metadata still is as `change` found it; None when no file is left."""
        ...


Writers = Mapping[Medium, MetadataWriter]


class NullWriter:
    """Writes nothing and finds nothing: for dry runs, and for media that are not in use."""

    def __init__(self, medium: Medium = Medium.SIDECAR) -> None:
        self.medium = medium

    def place(self, picture: str) -> str:
        return picture

    def read(self, path: str) -> bytes | None:  # noqa: ARG002
        return None

    def writing(self, picture: str, tag: Tag) -> Change | None:  # noqa: ARG002
        return None

    def clearing(self, picture: str, keyword: str | None = None) -> Change | None:  # noqa: ARG002
        return None

    def draft(self, change: Change, temporary: str) -> None:
        """Write nothing."""

    def carry_out(self, change: Change, temporary: str) -> Stamp | None:  # noqa: ARG002
        return None


def swap(spot: Spot, draft: Spot, is_expected: Callable[[Spot], bool]) -> None:
    """Let a finished draft have the name of a file that goes, unless another program just wrote to that one.

    The two are exchanged at one stroke where the system can, so that what was replaced can be looked at, and put back.

    Raises:
        PlacingError: it is not as expected; it was left, and the draft is a draft again.
        OSError: one of them cannot be renamed.
    """
    if not is_expected(spot):
        raise _just_written(spot)
    if not exchange(draft, spot):
        spot.replace(draft)
    elif is_expected(draft):
        draft.unlink()
    else:
        exchange(draft, spot)
        raise _just_written(spot)


def take_away(spot: Spot, aside: Spot, is_expected: Callable[[Spot], bool]) -> None:
    """Remove a file by way of a private name, unless another program just wrote to it.

    Raises:
        PlacingError: it is not as expected; it was left.
        OSError: it cannot be renamed or removed.
    """

    def prove(found: Spot) -> None:
        if not is_expected(found):
            raise _just_written(spot)

    prove(spot)
    proved.remove(spot, aside, prove)


def _just_written(spot: Spot) -> PlacingError:
    return refusal(Cause.MACHINE, spot.path, "another program wrote to it just now; it was left")


def put(writer: MetadataWriter, change: Change, temporary: str) -> None:
    """Draft a change, have the disk keep the draft, and put it in place.

    Raises:
        PlacingError: it cannot be done; the file is as it was.
    """
    writer.draft(change, temporary)
    try:
        with translate_os_errors(temporary):
            if change.after is not None or os.path.lexists(temporary):
                flush(temporary)
        writer.carry_out(change, temporary)
        with translate_os_errors(change.path):
            flush(os.path.dirname(change.path))
    except BaseException:
        if change.after is not None:  # else what has that name is no draft
            remove_quietly(temporary)
        raise


def clear(writer: MetadataWriter, picture: str, temporary: str) -> bool:
    """Take all of ours out of the metadata of `picture` for good, without a journal; return whether any was there.

    Raises:
        PlacingError: it cannot be read or written; it is as it was then.
    """
    change = writer.clearing(picture)
    if change is None:
        return False
    put(writer, change, temporary)
    return True
