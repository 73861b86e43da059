"""Carrying out a plan: batches of steps, each noted before it is begun and recorded once the disk has it.

One bad step never sinks the others: what cannot be done comes back as a value with its reason. A crash at any moment
leaves entries that recovery finishes or cleans before the next plan.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby, islice

from organiser.core.collections.placement import PlacementMode, Step
from organiser.errors import PlacingError
from organiser.placing.context import Done, ExecutionContext, Outcome, Postponed, not_done
from organiser.placing.disk.durable import flush_all
from organiser.placing.disk.errors import translated
from organiser.placing.journal import EntryId, Journal
from organiser.placing.recover import resolve
from organiser.placing.step_handlers import STEP_HANDLERS, Work

BATCH = 256
"""Most steps between two transactions of the journal; also how many finished drafts may wait for their names."""


def apply(
    steps: Iterable[Step], journal: Journal, context: ExecutionContext, *, batch: int = BATCH
) -> Iterator[Outcome]:
    """Carry out the steps of a plan in order and give the outcome of each, in that order, batch by batch.

    Nothing is done before the first outcome is asked for; a caller may stop between any two.
    """
    # A batch holds one kind of step: what the removals before it freed is free when it looks.
    try:
        for _, same in groupby(steps, type):
            while group := list(islice(same, batch)):
                yield from _Batch(journal, context).carry_out(group)
        if context.target is not None:
            context.target.prune()
    finally:
        if context.target is not None:
            context.target.let_go()


class _Batch:
    """Steps of one kind on their way through the protocol; `works` are those not given up yet."""

    def __init__(self, journal: Journal, context: ExecutionContext) -> None:
        self._journal = journal
        self._context = context
        self._outcomes: dict[int, Outcome] = {}
        self._works: dict[int, Work] = {}
        self._ids: dict[int, EntryId] = {}

    def carry_out(self, steps: list[Step]) -> Iterator[Outcome]:
        checkpoint = self._context.checkpoint
        for at, step in enumerate(steps):
            self._try(at, step, partial(STEP_HANDLERS[type(step)].prepare, step, self._context))
        ids = self._journal.plan([work.entry for work in self._works.values()])
        self._ids = dict(zip(self._works, ids, strict=True))
        checkpoint("planned")
        self._stage("built", lambda work: STEP_HANDLERS[type(work.entry.step)].stage(work, self._context))
        self._flush(_drafts)
        made = {at: work for at, work in self._works.items() if work.entry.made is not None}
        if made:
            self._journal.amend({self._ids[at]: work.entry for at, work in made.items()})
            checkpoint("amended")
        self._stage("settled", lambda work: STEP_HANDLERS[type(work.entry.step)].commit(work, self._context))
        self._flush(_folders)
        checkpoint("flushed")
        self._journal.done({self._ids[at]: work.entry for at, work in self._works.items()})
        checkpoint("done")
        done: dict[int, Outcome] = {at: Done(work.entry.step) for at, work in self._works.items()}
        yield from (outcome for _, outcome in sorted((done | self._outcomes).items()))

    def _stage(self, moment: str, handler: Callable[[Work], Work]) -> None:
        for at, work in list(self._works.items()):
            self._try(at, work.entry.step, partial(handler, work))
            self._context.checkpoint(moment)

    def _try(self, at: int, step: Step, handler: Callable[[], Work]) -> None:
        try:
            self._works[at] = handler()
        except PlacingError as error:
            self._outcomes[at] = not_done(step, error)
            if at in self._works:
                self._give_up(at)

    def _give_up(self, at: int) -> None:
        """End a planned step that failed as recovery would; what cannot be ended now stays planned."""
        work = self._works.pop(at)
        with contextlib.suppress(PlacingError):
            entry = resolve(work.entry, self._context.writers)
            if entry is None:
                self._journal.drop([self._ids[at]])
            else:
                self._journal.done({self._ids[at]: entry})
                self._outcomes[at] = Done(work.entry.step)

    def _flush(self, paths: Callable[[Work], Iterable[str]]) -> None:
        """Have the disk keep files or folders; steps whose are not kept are left to recovery, at once or later."""
        wanted: dict[str, list[int]] = {}
        for at, work in self._works.items():
            for path in paths(work):
                wanted.setdefault(path, []).append(at)
        for path, error in flush_all(wanted).items():
            for at in set(wanted[path]) & self._works.keys():
                step = self._works[at].entry.step
                self._outcomes[at] = Postponed(step, translated(error, path))
                self._give_up(at)


def _drafts(work: Work) -> list[str]:
    """Return the draft of a step that made one, unless it is the original itself by another name."""
    made, temporary = work.entry.made, work.entry.temporary
    if temporary is None or (made is not None and made.mode is PlacementMode.HARDLINK):
        return []
    return [temporary] if os.path.lexists(temporary) else []


def _folders(work: Work) -> list[str]:
    return [os.path.dirname(path) for path in work.renamed]
