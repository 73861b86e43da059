"""How each kind of step is carried out: `prepare` checks and promises, `stage` makes a temporary file, `commit` names it.

Only what `prepare` noted is ever touched. Each function raises PlacingError and leaves cleaning to recovery, which judges
by the note and the disk alone.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from organiser.core.collections.placement import (
    Create,
    Forget,
    Made,
    Move,
    PlacementMode,
    Remove,
    Replace,
    State,
    Step,
    TagAdd,
    TagRemove,
)
from organiser.placing.context import (
    ExecutionContext,
    aside_of,
    drafted,
    proof_of,
    require_original,
    require_ours,
    temporary_beside,
)
from organiser.placing.disk import proved
from organiser.placing.disk.errors import Cause, refusal, translate_os_errors
from organiser.placing.disk.operations import make, stamp_of
from organiser.placing.disk.rename import rename_without_replacing
from organiser.placing.journal import Entry
from organiser.placing.metadata.writer import Change
from organiser.placing.observe import state_at


@dataclass(frozen=True, slots=True)
class Work:
    """A step in progress: its entry, and the change of metadata it is about."""

    entry: Entry
    change: Change | None = None

    @property
    def path(self) -> str | None:
        """The absolute path of the file that gets or loses its name; None when none does."""
        entry = self.entry
        match entry.step:
            case Create(destination=destination) | Move(destination=destination):
                return os.path.join(entry.target or "", destination)
            case Replace(placed=placed) | Remove(placed=placed):
                return os.path.join(entry.target or "", placed.destination)
            case Forget() | TagAdd() | TagRemove():
                return entry.path

    @property
    def renamed(self) -> list[str]:
        """The absolute paths of all files that get or lose a name."""
        step = self.entry.step
        old = [os.path.join(self.entry.target or "", step.placed.destination)] if isinstance(step, Move) else []
        return old if self.path is None else [*old, self.path]


@dataclass(frozen=True, slots=True)
class StepHandler:
    """The three parts of carrying out one kind of step; each returns the work with what it now knows."""

    prepare: Callable[[Step, ExecutionContext], Work]
    stage: Callable[[Work, ExecutionContext], Work]
    commit: Callable[[Work, ExecutionContext], Work]


def _leave(work: Work, _context: ExecutionContext) -> Work:
    return work


def _enter_create(step: Step, context: ExecutionContext) -> Work:
    assert isinstance(step, Create)
    _require_free(step.destination, context)
    path = os.path.join(context.folder.path, step.destination)
    return Work(Entry(step, context.folder.path, temporary_beside(path)))


def _build_create(work: Work, context: ExecutionContext) -> Work:
    entry = work.entry
    create = entry.step.create if isinstance(entry.step, Replace) else entry.step
    assert isinstance(create, Create)
    assert entry.temporary is not None
    context.folder.make_folders([create.destination])
    context.checkpoint("folders made")
    mode = _feasible(create, context)
    with context.folder.present_spot(create.destination) as spot:
        made = make(create, drafted(spot, entry.temporary), mode)
    return replace(work, entry=replace(entry, made=made))


def _feasible(create: Create, context: ExecutionContext) -> PlacementMode:
    """Return the mode to try, refusing what the file system cannot do in words that say so."""
    able = context.probes.of(context.folder.path, create.source)
    if create.mode is PlacementMode.AUTO and not able.reflink:
        return PlacementMode.COPY
    if create.mode is PlacementMode.HARDLINK and not able.hardlink:
        with translate_os_errors(context.folder.path, create.source):
            apart = os.stat(create.source).st_dev != os.stat(context.folder.path).st_dev
        raise refusal(Cause.OTHER_DEVICE if apart else Cause.UNSUPPORTED, context.folder.path)
    if create.mode is PlacementMode.REFLINK and not able.reflink:
        raise refusal(Cause.UNSUPPORTED, context.folder.path, "its file system cannot make reflinks of the original")
    if create.mode is PlacementMode.SYMLINK and not able.symlink:
        raise refusal(Cause.UNSUPPORTED, context.folder.path, "its file system has no symlinks")
    return create.mode


def _settle_create(work: Work, context: ExecutionContext) -> Work:
    step, temporary = work.entry.step, work.entry.temporary
    assert isinstance(step, Create)
    assert temporary is not None
    with context.folder.present_spot(step.destination) as spot, translate_os_errors(spot.path):
        rename_without_replacing(drafted(spot, temporary), spot)
    return work


def _enter_replace(step: Step, context: ExecutionContext) -> Work:
    assert isinstance(step, Replace)
    with context.folder.spot(step.placed.destination) as spot:
        require_ours(spot, step.placed, thorough=False)
    return Work(Entry(step, context.folder.path, temporary_beside(context.folder.at(step.placed.destination))))


def _settle_replace(work: Work, context: ExecutionContext) -> Work:
    step, temporary = work.entry.step, work.entry.temporary
    assert isinstance(step, Replace)
    assert temporary is not None
    with context.folder.spot(step.placed.destination) as found:
        spot = require_ours(found, step.placed, thorough=True)
        require_original(spot, step.placed.made.mode, step.create.source)
        with translate_os_errors(spot.path):
            draft, aside = drafted(spot, temporary), aside_of(spot, temporary)
            proved.replace(spot, draft, aside, proof_of(step.placed, step.create.source))
    return work


def _enter_move(step: Step, context: ExecutionContext) -> Work:
    assert isinstance(step, Move)
    with context.folder.spot(step.placed.destination) as spot:
        require_ours(spot, step.placed, thorough=False)
    _require_free(step.destination, context)
    return Work(Entry(step, context.folder.path))


def _build_move(work: Work, context: ExecutionContext) -> Work:
    assert isinstance(work.entry.step, Move)
    context.folder.make_folders([work.entry.step.destination])
    return work


def _settle_move(work: Work, context: ExecutionContext) -> Work:
    step = work.entry.step
    assert isinstance(step, Move)
    folder = context.folder
    with folder.spot(step.placed.destination) as old, folder.present_spot(step.destination) as new:
        ours = require_ours(old, step.placed, thorough=False)
        with translate_os_errors(new.path):
            proved.move(ours, new, lambda spot: require_ours(spot, step.placed, thorough=False))
    return work


def _enter_remove(step: Step, context: ExecutionContext) -> Work:
    assert isinstance(step, Remove)
    with context.folder.spot(step.placed.destination) as spot:
        if state_at(spot, step.placed.made, thorough=False) is not State.MISSING:
            ours = require_ours(spot, step.placed, thorough=True)
            if not step.agreed:
                require_original(ours, step.placed.made.mode, step.placed.source)
    path = os.path.join(context.folder.path, step.placed.destination)
    return Work(Entry(step, context.folder.path, temporary_beside(path)))


def _settle_remove(work: Work, context: ExecutionContext) -> Work:
    step, temporary = work.entry.step, work.entry.temporary
    assert isinstance(step, Remove)
    assert temporary is not None
    with context.folder.spot(step.placed.destination) as spot:
        if state_at(spot, step.placed.made, thorough=False) is not State.MISSING:
            ours = require_ours(spot, step.placed, thorough=False)
            with translate_os_errors(ours.path):
                proof = proof_of(step.placed, step.placed.source, agreed=step.agreed)
                proved.remove(ours, aside_of(ours, temporary), proof)
    return work


def _enter_forget(step: Step, _context: ExecutionContext) -> Work:
    return Work(Entry(step))


def _enter_tag(step: Step, context: ExecutionContext) -> Work:
    if isinstance(step, TagAdd):
        medium = context.medium
        change = context.writers[medium].writing(step.path, step.tag)
    else:
        assert isinstance(step, TagRemove)
        placed = step.placed
        medium = placed.made.medium or context.medium
        change = context.writers[medium].clearing(placed.destination, placed.tag.keyword if placed.tag else None)
    if change is None:
        return Work(Entry(step, medium=medium))
    after = None if change.after is None else hashlib.sha256(change.after).hexdigest()
    temporary = temporary_beside(change.path)
    return Work(Entry(step, None, temporary, None, change.path, medium, change.before, after), change)


def _build_tag(work: Work, context: ExecutionContext) -> Work:
    if work.change is not None:
        assert work.entry.medium is not None
        assert work.entry.temporary is not None
        context.writers[work.entry.medium].draft(work.change, work.entry.temporary)
    return work


def _settle_tag(work: Work, context: ExecutionContext) -> Work:
    entry, step = work.entry, work.entry.step
    assert entry.medium is not None
    writer = context.writers[entry.medium]
    if work.change is not None:
        assert entry.temporary is not None
        stamp = writer.carry_out(work.change, entry.temporary)
        made = Made(PlacementMode.TAG, stamp, work.change.path, entry.medium)
    elif isinstance(step, TagAdd):
        made = untouched(writer.place(step.path), entry)
    else:
        return work
    return replace(work, entry=replace(entry, made=made))


def untouched(path: str, entry: Entry) -> Made:
    """Return what stands for a tag that was all there already."""
    with translate_os_errors(path):
        stamp = stamp_of(path) if os.path.lexists(path) else None
    return Made(PlacementMode.TAG, stamp, path, entry.medium)


def _require_free(destination: str, context: ExecutionContext) -> None:
    with context.folder.spot(destination) as spot, translate_os_errors(context.folder.path):
        if spot is not None and spot.status() is not None:
            raise refusal(Cause.OCCUPIED, spot.path)


_TAG = StepHandler(_enter_tag, _build_tag, _settle_tag)

STEP_HANDLERS: Mapping[type[Step], StepHandler] = {
    Create: StepHandler(_enter_create, _build_create, _settle_create),
    Replace: StepHandler(_enter_replace, _build_create, _settle_replace),
    Move: StepHandler(_enter_move, _build_move, _settle_move),
    Remove: StepHandler(_enter_remove, _leave, _settle_remove),
    Forget: StepHandler(_enter_forget, _leave, _leave),
    TagAdd: _TAG,
    TagRemove: _TAG,
}
