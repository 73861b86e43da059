"""The protocol that makes every step crash-safe: what is noted before, between and after, as values.

A step is *planned* (noted, nothing touched), then its file is built under a temporary name that the note contains, then
the note is *amended* with how the finished file looks, then it gets its name, and only when the disk has all that is
the step *done*. Whatever the moment of a crash, the note and the disk together say what is to be finished or cleaned.
The index keeps the notes; how, is its own business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NewType, Protocol

from organiser.core.collections.placement import (
    Create,
    Forget,
    Made,
    Medium,
    Move,
    Placed,
    Remove,
    Replace,
    Step,
    Tag,
    TagAdd,
    TagRemove,
)
from organiser.core.photo import PhotoId

EntryId = NewType("EntryId", int)


@dataclass(frozen=True, slots=True)
class Entry:
    """One planned step and all that is needed to finish, clean or undo it without the collection.

    Attributes:
        step: what is to be done.
        target: the collection's folder; None in mode `tag`.
        temporary: the absolute path under which a file is built first; None when the step builds none.
        made: what was made, once it is; for a tag once it is written.
        path: the sidecar or picture to be written; None when nothing in it changes.
        medium: of the tag.
        before: that file's metadata as it was; None when there was none.
        after: SHA-256 of the metadata as it will be, in hex; None when there will be none.
    """

    step: Step
    target: str | None = None
    temporary: str | None = None
    made: Made | None = None
    path: str | None = None
    medium: Medium | None = None
    before: bytes | None = None
    after: str | None = None


class Journal(Protocol):
    """Where entries are kept; each call is one transaction, durable when it returns."""

    def plan(self, entries: Sequence[Entry]) -> Sequence[EntryId]:
        """Note steps before anything is touched; return an id for each, ascending."""
        ...

    def amend(self, entries: Mapping[EntryId, Entry]) -> None:
        """Replace planned entries by what is known now."""
        ...

    def done(self, entries: Mapping[EntryId, Entry]) -> None:
        """Note that steps are done, and bring the placements in line: see :func:`records`."""
        ...

    def drop(self, ids: Sequence[EntryId]) -> None:
        """Forget planned entries of which nothing came."""
        ...

    def undone(self, entries: Mapping[EntryId, Entry]) -> None:
        """Note that done steps were undone, and bring the placements in line: :func:`records`, backwards."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """A placement as it is kept; a collection has one at most for each destination."""

    photo_id: PhotoId
    destination: str
    made: Made
    tag: Tag | None
    source: str | None


def records(entry: Entry) -> tuple[Record | None, Record | None]:
    """Return the placement that a done step replaces and the one that it leaves; None for none.

    With both, the row at the first one's destination becomes the second; with one, it is deleted or inserted.
    """
    step = entry.step
    match step:
        case Create():
            return None, _created(step, entry.made)
        case Replace():
            return _record(step.placed), _created(step.create, entry.made)
        case Move():
            old = _record(step.placed)
            return old, Record(old.photo_id, step.destination, old.made, old.tag, old.source)
        case TagAdd():
            assert entry.made is not None
            old_tag = None if step.placed is None else _record(step.placed)
            return old_tag, Record(step.photo_id, step.path, entry.made, step.tag, step.path)
        case Remove() | Forget() | TagRemove():
            return _record(step.placed), None


def _created(step: Create, made: Made | None) -> Record:
    assert made is not None
    return Record(step.photo_id, step.destination, made, None, step.source)


def _record(placed: Placed) -> Record:
    return Record(placed.photo_id, placed.destination, placed.made, placed.tag, placed.source)
