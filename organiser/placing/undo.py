"""Undoing the steps of a run, newest first: what was made goes, what was removed is made again, metadata is put back.

Nothing that changed since is touched: such a step is refused, with its reason, and the others are undone. Undoing a
step whose effect is already gone succeeds, so an interrupted undo is simply repeated.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace

from organiser.core.collections.placement import (
    Create,
    Forget,
    Made,
    Move,
    Placed,
    PlacementId,
    PlacementMode,
    Remove,
    Replace,
    State,
    TagAdd,
    TagRemove,
)
from organiser.core.photo import as_kept
from organiser.errors import PlacingError
from organiser.placing.context import (
    Done,
    ExecutionContext,
    Outcome,
    aside_of,
    drafted,
    not_done,
    proof_of,
    require_original,
    require_ours,
    temporary_beside,
)
from organiser.placing.disk import proved
from organiser.placing.disk.durable import flush
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.operations import make, remove_quietly, stamp_at
from organiser.placing.disk.rename import rename_without_replacing
from organiser.placing.disk.within import Spot
from organiser.placing.journal import Entry, EntryId, Journal
from organiser.placing.metadata.writer import Change, put
from organiser.placing.observe import state_at


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
            _unmake(step, entry, context)
            return entry
        case Replace():
            return replace(entry, step=replace(step, placed=_restore(step.placed, entry, context, over=entry.made)))
        case Move():
            _move_back(step, context)
            return entry
        case Remove():
            return replace(entry, step=replace(step, placed=_restore(step.placed, entry, context, over=None)))
        case Forget():
            return entry
        case TagAdd() | TagRemove():
            return _put_back(entry, context)


def _unmake(step: Create, entry: Entry, context: ExecutionContext) -> None:
    made = entry.made
    assert made is not None
    placed = Placed(PlacementId(0), step.photo_id, step.destination, made, step.source)
    with context.folder.spot(step.destination) as spot:
        if spot is None:
            return
        aside, proof = aside_of(spot, _temporary(entry, spot.path)), proof_of(placed, step.source)
        with translate_os_errors(spot.path):
            if proved.end_removal(spot, aside, proof) or state_at(spot, made, step.source) is State.MISSING:
                return
            ours = require_ours(spot, placed, thorough=True)
            require_original(ours, made.mode, step.source)
            proved.remove(ours, aside, proof)
            flush(os.path.dirname(ours.path))


def _restore(placed: Placed, entry: Entry, context: ExecutionContext, over: Made | None) -> Placed:
    """Make again what was placed: at a free name, or over what replaced it."""
    proof = None if over is None else proof_of(replace(placed, made=over), placed.source)
    with context.folder.spot(placed.destination) as found:
        if found is not None and proof is not None:
            _end_replacement(found, _temporary(entry, found.path), proof)
        if found is not None and _is_restored(found, placed.made, over):
            return placed
        if over is None and found is not None and found.status() is not None:
            raise refusal(Cause.OCCUPIED, found.path)
        if over is not None:
            require_ours(found, replace(placed, made=over), thorough=True)
    context.folder.make_folders([placed.destination])
    with context.folder.present_spot(placed.destination) as spot, translate_os_errors(spot.path):
        temporary = _temporary(entry, spot.path)
        draft = drafted(spot, temporary)
        draft.unlink_quietly()  # what an interrupted undo left
        made = _made_again(placed, draft)
        context.checkpoint("remade")
        try:
            if made.mode in (PlacementMode.COPY, PlacementMode.REFLINK):
                flush(draft.path)
            if proof is None:
                rename_without_replacing(draft, spot)
            else:
                proved.replace(spot, draft, aside_of(spot, temporary), proof)
        except (OSError, PlacingError):
            draft.unlink_quietly()
            raise
        flush(os.path.dirname(spot.path))
    return replace(placed, made=made)


def _end_replacement(spot: Spot, temporary: str, proof: proved.Proof) -> None:
    """Put back what an interrupted undo was about to replace, or remove it when it was replaced."""
    aside = aside_of(spot, temporary)
    with translate_os_errors(spot.path):
        if aside.status() is not None and spot.status() is None:
            proved.give_back(aside, spot)
        else:
            proved.end_removal(spot, aside, proof)


def _temporary(entry: Entry, path: str) -> str:
    """Return the temporary path of the step, drawn by lot when it was planned: nobody can have laid anything there.

    A repeated undo finds by it what an interrupted one left. Earlier versions drew none for some steps.
    """
    return entry.temporary or temporary_beside(path)


def _is_restored(spot: Spot, made: Made, over: Made | None) -> bool:
    """Whether what had been placed is there already, and is not what replaced it."""
    if state_at(spot, made) is not State.INTACT:
        return False
    alike = over is not None and {made.mode, over.mode} <= {PlacementMode.COPY, PlacementMode.REFLINK}
    return over is None or alike or state_at(spot, over) is not State.INTACT


def _made_again(placed: Placed, draft: Spot) -> Made:
    """Build at `draft` what had been placed, from the original that stands for it."""
    made, stamp = placed.made, placed.made.stamp
    assert stamp is not None
    if made.mode is PlacementMode.SYMLINK:
        os.symlink(stamp.link or "", draft.name, dir_fd=draft.folder)
        return replace(made, stamp=stamp_at(draft))
    source = placed.source
    if source is None:
        raise refusal(Cause.SOURCE_GONE, placed.destination)
    with translate_os_errors(source, source):
        status = os.stat(source)
    link = made.mode is PlacementMode.HARDLINK
    mode = PlacementMode.HARDLINK if link else PlacementMode.AUTO
    create = Create(placed.photo_id, source, placed.destination, mode, status.st_size, as_kept(status.st_mtime_ns))
    again = make(create, draft, mode)
    assert again.stamp is not None
    if again.stamp.inode != stamp.inode if link else again.stamp.digest != stamp.digest:
        draft.unlink_quietly()
        raise refusal(Cause.SOURCE_CHANGED, source)
    if not link:
        os.utime(draft.name, ns=(stamp.mtime_ns, stamp.mtime_ns), dir_fd=draft.folder)
    return replace(again, stamp=stamp_at(draft, again.stamp.digest))


def _move_back(move: Move, context: ExecutionContext) -> None:
    folder, made = context.folder, move.placed.made
    with folder.spot(move.destination) as new:
        with folder.spot(move.placed.destination) as old:
            if state_at(new, made) is State.MISSING and state_at(old, made) is State.INTACT:
                return
        ours = require_ours(new, move.placed, thorough=True)
        folder.make_folders([move.placed.destination])
        with folder.present_spot(move.placed.destination) as free, translate_os_errors(free.path):
            proved.move(ours, free, lambda spot: require_ours(spot, move.placed, thorough=False))
            flush(os.path.dirname(free.path))


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
    step = entry.step
    picture = (
        step.path if isinstance(step, TagAdd) else step.placed.destination if isinstance(step, TagRemove) else None
    )
    change = Change(entry.path, current, entry.before, picture)
    temporary = _temporary(entry, entry.path)
    remove_quietly(temporary)  # what an interrupted undo left
    put(writer, change, temporary)
    return entry


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()
