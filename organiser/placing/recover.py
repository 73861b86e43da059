"""What a planned step that was never noted as done left on disk, and finishing or cleaning it.

The judgement needs the entry and the disk only, so it serves after a crash and after a step that failed half way alike.
Nothing but the temporary name in the entry, and what it became, is ever touched.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from organiser.core.placement import (
    Create,
    Forget,
    Made,
    Move,
    PlacementMode,
    Remove,
    Replace,
    State,
    TagAdd,
    TagRemove,
)
from organiser.errors import PlacingError
from organiser.placing.disk.durable import flush
from organiser.placing.disk.errors import translate_os_errors
from organiser.placing.disk.operations import stamp_of
from organiser.placing.disk.rename import is_reservation
from organiser.placing.journal import Entry, EntryId, Journal
from organiser.placing.metadata.writer import Writers
from organiser.placing.observe import state_of
from organiser.placing.step_handlers import untouched


@dataclass(frozen=True, slots=True)
class Recovery:
    """What recovery did: entries found finished, entries of which nothing is left, and what it leaves for later."""

    finished: int = 0
    cleaned: int = 0
    stuck: tuple[PlacingError, ...] = ()


def recover(entries: Mapping[EntryId, Entry], journal: Journal, writers: Writers) -> Recovery:
    """Bring every planned entry to an end; to be called before a plan is made."""
    finished: dict[EntryId, Entry] = {}
    cleaned: list[EntryId] = []
    stuck: list[PlacingError] = []
    for key, entry in entries.items():
        try:
            done = resolve(entry, writers)
        except PlacingError as error:
            stuck.append(error)
            continue
        if done is None:
            cleaned.append(key)
        else:
            finished[key] = done
    journal.done(finished)
    journal.drop(cleaned)
    return Recovery(len(finished), len(cleaned), tuple(stuck))


def resolve(entry: Entry, writers: Writers) -> Entry | None:
    """Return the entry as done when its step is, else clean what is left of it and return None.

    Raises:
        PlacingError: the disk does not say, or cannot be cleaned; the entry must stay planned.
    """
    step, folder = entry.step, entry.target or ""
    match step:
        case Create():
            return _resolve_new(entry, os.path.join(folder, step.destination), same_inode=False)
        case Replace():
            return _resolve_new(entry, os.path.join(folder, step.placed.destination), same_inode=True)
        case Move():
            return _resolve_move(entry, os.path.join(folder, step.placed.destination), step)
        case Remove():
            path = os.path.join(folder, step.placed.destination)
            with translate_os_errors(path):
                return None if _status(path) else _durable(entry, path)
        case Forget():
            return entry
        case TagAdd() | TagRemove():
            return _resolve_tag(entry, writers)


def _resolve_new(entry: Entry, path: str, *, same_inode: bool) -> Entry | None:
    """Judge a file that was to be built and named."""
    assert entry.temporary is not None
    with translate_os_errors(path):
        draft, named, made = _status(entry.temporary), _status(path), entry.made
        if draft is not None:
            twice = named is not None and os.path.samestat(draft, named) and not _is_hardlink(made)
            if (
                not twice
                and named is not None
                and is_reservation(path, entry.temporary)
                and isinstance(entry.step, Create)
            ):
                os.unlink(path)
            os.unlink(entry.temporary)
            return _durable(entry, path) if twice and made is not None else None
        if named is None or made is None or made.stamp is None:
            return None
        if same_inode and named.st_ino != made.stamp.inode:
            return None
        return _durable(entry, path) if _is_ours(path, made) else None


def _resolve_move(entry: Entry, old: str, move: Move) -> Entry | None:
    new = os.path.join(entry.target or "", move.destination)
    with translate_os_errors(new):
        before, after = _status(old), _status(new)
        if after is None:
            return None
        if before is not None:
            if os.path.samestat(before, after) and not _is_hardlink(move.placed.made):
                os.unlink(old)
                return _durable(entry, new)
            if is_reservation(new, old):
                os.unlink(new)
            return None
        return _durable(entry, new) if _is_ours(new, move.placed.made) else None


def _resolve_tag(entry: Entry, writers: Writers) -> Entry | None:
    step = entry.step
    assert entry.medium is not None
    writer = writers[entry.medium]
    if entry.path is None:
        return replace(entry, made=untouched(writer.place(step.path), entry)) if isinstance(step, TagAdd) else entry
    assert entry.temporary is not None
    with translate_os_errors(entry.path):
        draft, named = _status(entry.temporary), _status(entry.path)
        if draft is not None:
            if entry.before is None and named is not None and is_reservation(entry.path, entry.temporary):
                os.unlink(entry.path)
            os.unlink(entry.temporary)
        data = writer.read(entry.path)
        if (None if data is None else hashlib.sha256(data).hexdigest()) != entry.after:
            return None
        stamp = None if data is None else stamp_of(entry.path)
        return _durable(replace(entry, made=Made(PlacementMode.TAG, stamp, entry.path, entry.medium)), entry.path)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_hardlink(made: Made | None) -> bool:
    """Whether two names of one file prove nothing, because the original is another."""
    return made is None or made.mode is PlacementMode.HARDLINK


def _is_ours(path: str, made: Made) -> bool:
    return state_of(path, made, thorough=True) is State.INTACT


def _durable(entry: Entry, path: str) -> Entry:
    """Return the entry once the disk has what was found; a folder that is gone has nothing to keep."""
    folder = os.path.dirname(path)
    if os.path.isdir(folder):
        flush(folder)
    return entry
