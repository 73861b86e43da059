"""What a source of file system events tells: hints that something changed, never the whole truth.

A source watches one root in one way (events or polling). It may tell too much or the same thing twice; when it knows
that it told too little it says `LOST`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from organiser.core.collections.placement import COLLECTION_MARKER
from organiser.core.library.reconcile import FoundFile
from organiser.errors import Transient
from organiser.files.names import IGNORE_FILE, extension, is_junk


class HintKind(StrEnum):
    """What may have happened at a path; `FINISHED` is a file closed after writing or renamed into place."""

    TOUCHED = "touched"
    FINISHED = "finished"
    GONE = "gone"
    FOLDER_MADE = "folder_made"
    FOLDER_CAME = "folder_came"
    FOLDER_GONE = "folder_gone"
    FOLDER_CHANGED = "folder_changed"
    RULES = "rules"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint.

    Attributes:
        relpath: what it is about; for `RULES` the folder whose ignore file or marker changed.
        files: with `FOLDER_CHANGED`, the files in the folder, as just seen.
    """

    kind: HintKind
    relpath: str = ""
    files: tuple[FoundFile, ...] = ()


class WatchFailedError(Transient):
    """A source died; events were lost from then on."""


class NoWatchesError(Transient):
    """The system grants no more watches; the message names the setting that limits them."""


class Source(Protocol):
    """One root's source of hints. All methods but `wake` belong to one thread."""

    @property
    def folders(self) -> int:
        """How many folders are watched."""
        ...

    def start(self) -> None:
        """Begin to watch; whatever happens from the return on is told.

        Raises:
            OSError, NoWatchesError: it cannot be watched this way.
        """
        ...

    def wait(self, timeout: float) -> Sequence[Hint]:
        """Return the hints there are, after at most `timeout` seconds; nothing when woken or when the time is over.

        Raises:
            NoWatchesError, WatchFailedError: it can no longer be watched; the source is to be stopped.
        """
        ...

    def refresh(self, relpath: str) -> None:
        """Find out anew which folders at and below `relpath` are to be watched.

        Raises:
            NoWatchesError: as `start`.
        """
        ...

    def wake(self) -> None:
        """Make a `wait` in progress return; for other threads."""
        ...

    def stop(self) -> None:
        """Watch no longer; may be called twice."""
        ...


def file_hint(kind: HintKind, relpath: str, extensions: frozenset[str]) -> Hint | None:
    """Return the hint that an event on a file amounts to, or None for a file that no scan would take.

    An ignore file counts when it is written and closed, or gone: as it is being created, it is empty for a moment and
    would mean its whole folder.
    """
    folder, _, name = relpath.rpartition("/")
    if name == COLLECTION_MARKER or (name == IGNORE_FILE and kind is HintKind.GONE):
        return Hint(HintKind.RULES, folder)
    if name == IGNORE_FILE:
        return Hint(HintKind.TOUCHED, relpath)
    ending = extension(name)
    if is_junk(name) or (ending is not None and ending not in extensions):
        return None
    return Hint(kind, relpath)
