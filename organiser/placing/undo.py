"""Undoing the steps of a run, newest first: what was made goes, what was removed is made again, metadata is put back.

Nothing that changed since is touched: such a step is refused, with its reason, and the others are undone. Undoing a
step whose effect is already gone succeeds, so an interrupted undo is simply repeated.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace

from organiser.core.placement import (
    TEMPORARY_PREFIX,
    Create,
    Forget,
    Made,
    Move,
    Placed,
    PlacementMode,
    Remove,
    Replace,
    State,
    TagAdd,
    TagRemove,
)
from organiser.errors import PlacingError
from organiser.placing.context import Done, ExecutionContext, Outcome, not_done, require_original, require_ours
from organiser.placing.disk.durable import flush
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.operations import make, remove_quietly, stamp_of
from organiser.placing.disk.rename import rename_without_replacing
from organiser.placing.journal import Entry, EntryId, Journal
from organiser.placing.metadata.writer import Change, put
from organiser.placing.observe import state_of


def undo(entries: Mapping[EntryId, Entry], journal: Journal, context: ExecutionContext) -> Iterator[Outcome]:
    """Undo done steps and give the outcome of each, newest first.

    Args:
        entries: of a run; all of one collection.
        journal: told of each step once it is undone.
        context: where they were carried out; its target must be the entries'.
    """
    for key in sorted(entries, reverse=True):
        entry = entries[key]
        try:
            undone = _reverse(entry, context)
        except PlacingError as error:
            yield not_done(entry.step, error)
            continue
        context.checkpoint("reversed")
        journal.undone({key: undone})
        yield Done(entry.step)
    if context.target is not None:
        context.target.prune()


def _reverse(entry: Entry, context: ExecutionContext) -> Entry:
    """Undo one step; return its entry with what the restored file looks like now."""
    step = entry.step
    if entry.target is not None and context.folder.path != entry.target:
        raise refusal(Cause.BAD_TARGET, entry.target, "the collection has another target now")
    match step:
        case Create():
            _unmake(context.folder.at(step.destination), entry.made, step.source)
            return entry
        case Replace():
            return replace(entry, step=replace(step, placed=_restore(step.placed, context, over=entry.made)))
        case Move():
            _move_back(step, context)
            return entry
        case Remove():
            return replace(entry, step=replace(step, placed=_restore(step.placed, context, over=None)))
        case Forget():
            return entry
        case TagAdd() | TagRemove():
            return _put_back(entry, context)


def _unmake(path: str, made: Made | None, source: str) -> None:
    assert made is not None
    state = state_of(path, made, source)
    if state is State.MISSING:
        return
    if state is not State.INTACT:
        raise refusal(Cause.EDITED, path)
    require_original(path, made.mode, source)
    with translate_os_errors(path):
        os.unlink(path)
        flush(os.path.dirname(path))


def _restore(placed: Placed, context: ExecutionContext, over: Made | None) -> Placed:
    """Make again what was placed: at a free name, or over what replaced it."""
    path = context.folder.at(placed.destination)
    if _is_restored(path, placed.made, over):
        return placed
    if over is None and os.path.lexists(path):
        raise refusal(Cause.OCCUPIED, path)
    if over is not None:
        require_ours(path, replace(placed, made=over), thorough=True)
    context.folder.make_folders([placed.destination])
    temporary = _draft_beside(path)
    with translate_os_errors(path):
        remove_quietly(temporary)  # what an interrupted undo left
        made = _made_again(placed, temporary)
        context.checkpoint("remade")
        try:
            if made.mode in (PlacementMode.COPY, PlacementMode.REFLINK):
                flush(temporary)
            if over is None:
                rename_without_replacing(temporary, path)
            else:
                os.replace(temporary, path)
        except OSError:
            remove_quietly(temporary)
            raise
        flush(os.path.dirname(path))
    return replace(placed, made=made)


def _draft_beside(path: str) -> str:
    """Return a temporary path that is the same each time, so that a repeated undo finds what an interrupted one left."""
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return os.path.join(os.path.dirname(path), f"{TEMPORARY_PREFIX}undo-{name}")


def _is_restored(path: str, made: Made, over: Made | None) -> bool:
    """Whether what had been placed is there already, and is not what replaced it."""
    if state_of(path, made) is not State.INTACT:
        return False
    alike = over is not None and {made.mode, over.mode} <= {PlacementMode.COPY, PlacementMode.REFLINK}
    return over is None or alike or state_of(path, over) is not State.INTACT


def _made_again(placed: Placed, temporary: str) -> Made:
    """Build at `temporary` what had been placed, from the original that stands for it."""
    made, stamp = placed.made, placed.made.stamp
    assert stamp is not None
    if made.mode is PlacementMode.SYMLINK:
        os.symlink(stamp.link or "", temporary)
        return replace(made, stamp=stamp_of(temporary))
    source = placed.source
    if source is None:
        raise refusal(Cause.SOURCE_GONE, placed.destination)
    with translate_os_errors(source, source):
        status = os.stat(source)
    link = made.mode is PlacementMode.HARDLINK
    mode = PlacementMode.HARDLINK if link else PlacementMode.AUTO
    create = Create(placed.photo_id, source, placed.destination, mode, status.st_size, status.st_mtime_ns)
    again = make(create, temporary, mode)
    assert again.stamp is not None
    if again.stamp.inode != stamp.inode if link else again.stamp.digest != stamp.digest:
        remove_quietly(temporary)
        raise refusal(Cause.SOURCE_CHANGED, source)
    if not link:
        os.utime(temporary, ns=(stamp.mtime_ns, stamp.mtime_ns))
    return replace(again, stamp=stamp_of(temporary, again.stamp.digest))


def _move_back(move: Move, context: ExecutionContext) -> None:
    old, new = context.folder.at(move.placed.destination), context.folder.at(move.destination)
    if state_of(new, move.placed.made) is State.MISSING and state_of(old, move.placed.made) is State.INTACT:
        return
    require_ours(new, move.placed, thorough=True)
    context.folder.make_folders([move.placed.destination])
    with translate_os_errors(old):
        rename_without_replacing(new, old)
        flush(os.path.dirname(old))


def _put_back(entry: Entry, context: ExecutionContext) -> Entry:
    """Give a sidecar, or the packet in a picture, the very bytes it had."""
    if entry.path is None:
        return entry
    assert entry.medium is not None
    writer = context.writers[entry.medium]
    current = writer.read(entry.path)
    if current == entry.before:
        return entry
    if _digest(current) != entry.after:
        raise refusal(Cause.EDITED, entry.path, "it was changed since it was tagged; it was left")
    change = Change(entry.path, current, entry.before)
    temporary = _draft_beside(entry.path)
    remove_quietly(temporary)  # what an interrupted undo left
    put(writer, change, temporary)
    return entry


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()
