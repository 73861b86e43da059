"""Where and with what steps are carried out, and what came of each."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from organiser.core.placement import TEMPORARY_PREFIX, Medium, Placed, PlacementMode, State, Step
from organiser.errors import PlacingError
from organiser.placing.disk.capabilities import Probes
from organiser.placing.disk.errors import Cause, refusal
from organiser.placing.disk.target import Target
from organiser.placing.metadata.writer import Writers
from organiser.placing.observe import state_of

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


def require_ours(path: str, placed: Placed, *, thorough: bool) -> None:
    """Make sure that what we placed still is there and is what we made.

    Raises:
        PlacingError: it is not, or cannot be read.
    """
    state = state_of(path, placed.made, placed.source, thorough=thorough)
    if state is State.MISSING:
        raise refusal(Cause.EDITED, path, "it is no longer there")
    if state is State.UNREADABLE:
        raise refusal(Cause.MACHINE, path, "it cannot be read")
    if state is State.EDITED:
        raise refusal(Cause.EDITED, path)


def require_original(path: str, mode: PlacementMode, source: str | None) -> None:
    """Make sure that the photo is not lost when the file at `path` goes.

    Raises:
        PlacingError: no file that stands for the photo is there.
    """
    if mode is PlacementMode.SYMLINK:
        return
    if source is None or not os.path.isfile(source) or os.path.realpath(source) == os.path.realpath(path):
        raise refusal(Cause.LAST_COPY, path)
