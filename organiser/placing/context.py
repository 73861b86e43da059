"""Where and with what steps are carried out, and what came of each."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from organiser.core.collections.placement import TEMPORARY_PREFIX, Medium, Placed, PlacementMode, State, Step
from organiser.errors import PlacingError
from organiser.placing.disk.capabilities import Probes
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.target import Target
from organiser.placing.disk.within import Spot, renumbers
from organiser.placing.metadata.writer import Writers
from organiser.placing.observe import state_at

Checkpoint = Callable[[str], None]
"""Called at every moment at which a crash would leave something else on disk, with the moment's name."""


def _pass(_moment: str) -> None:
    """Go on."""


@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """What steps are carried out with.

    Attributes:
        writers: the metadata writers, by medium.
        target: the collection's folder; None when there are only tags.
        medium: where new tags go.
        probes: capabilities found out so far.
        checkpoint: for what must be done while steps are, and for tests, to crash there.
    """

    writers: Writers
    target: Target | None = None
    medium: Medium = Medium.SIDECAR
    probes: Probes = field(default_factory=Probes)
    checkpoint: Checkpoint = _pass

    @property
    def folder(self) -> Target:
        """The collection's folder.

        Raises:
            PlacingError: the collection has none.
        """
        if self.target is None:
            raise refusal(Cause.BAD_TARGET, "", "the collection has no target")
        return self.target


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was carried out, and is recorded."""

    step: Step


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that cannot be done as things are; nothing was changed."""

    step: Step
    error: PlacingError


@dataclass(frozen=True, slots=True)
class Postponed:
    """A step that the machine could not do this time; the next sync tries again."""

    step: Step
    error: PlacingError


Outcome = Done | Refused | Postponed


def not_done(step: Step, error: PlacingError) -> Refused | Postponed:
    """Return the outcome of a step that ended in `error`."""
    return Postponed(step, error) if error.transient else Refused(step, error)


def temporary_beside(path: str) -> str:
    """Return the path of a temporary file in the folder of `path` that nobody else has."""
    return os.path.join(os.path.dirname(path), f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}")


def drafted(spot: Spot, temporary: str) -> Spot:
    """Return the spot beside `spot` at which a step builds its file, by the path that its entry notes."""
    return spot.beside(os.path.basename(temporary))


def aside_of(spot: Spot, temporary: str) -> Spot:
    """Return the spot beside `spot` by way of which a file goes that a step removes or replaces."""
    return spot.beside(f"{os.path.basename(temporary)}-old")


def require_ours(spot: Spot | None, placed: Placed, *, thorough: bool) -> Spot:
    """Make sure that the very file that we placed is still at `spot`, as we made it, and return the spot.

    Raises:
        PlacingError: it is not, or cannot be read.
    """
    state = state_at(spot, placed.made, placed.source, thorough=thorough)
    if spot is None or state is State.MISSING:
        raise refusal(Cause.EDITED, placed.destination if spot is None else spot.path, "it is no longer there")
    if state is State.UNREADABLE:
        raise refusal(Cause.MACHINE, spot.path, "it cannot be read")
    if state is State.EDITED:
        raise refusal(Cause.EDITED, spot.path)
    with translate_os_errors(spot.path, placed.source):
        same = _is_the_file(spot, placed)
    if not same:
        raise refusal(Cause.EDITED, spot.path, "it is another file with the same content; it was left", _BY_HAND)
    return spot


_BY_HAND = "move it away if it is not wanted there"


def _is_the_file(spot: Spot, placed: Placed) -> bool:
    """Whether the file is the one that we made, not just one like it.

    Its inode says so; devices get new numbers whenever the machine starts, so that the folder's being on one mount with
    the target stands for them. Where a file system makes inodes up anew, our bytes and a single name must do.
    """
    status, stamp = spot.status(), placed.made.stamp
    if status is None or stamp is None:
        return False
    if status.st_ino == stamp.inode:
        return True
    if placed.made.mode is PlacementMode.HARDLINK:
        return placed.source is not None and os.path.samestat(status, os.stat(placed.source))
    return spot.folder is not None and status.st_nlink == 1 and renumbers(spot.folder)


def proof_of(placed: Placed, source: str | None, *, agreed: bool = False) -> Callable[[Spot], None]:
    """Return what makes sure that a file is the one that was placed, and that the photo is not lost with it.

    Args:
        agreed: a person agreed that the photo may be lost with it.
    """

    def prove(spot: Spot) -> None:
        require_ours(spot, placed, thorough=False)
        if not agreed:
            require_original(spot, placed.made.mode, source)

    return prove


def require_original(spot: Spot, mode: PlacementMode, source: str | None) -> None:
    """Make sure that the photo is not lost when the file at `spot` goes.

    Raises:
        PlacingError: no file that stands for the photo is there.
    """
    if mode is PlacementMode.SYMLINK:
        return
    if source is None or not os.path.isfile(source) or os.path.realpath(source) == os.path.realpath(spot.path):
        raise refusal(Cause.LAST_COPY, spot.path)
    with translate_os_errors(spot.path, source):
        status, original = spot.status(), os.stat(source)
    if mode is not PlacementMode.HARDLINK and status is not None and os.path.samestat(status, original):
        raise refusal(Cause.LAST_COPY, spot.path)
