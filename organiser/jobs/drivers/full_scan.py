"""The main job as one run: roots, scan, detect, judge and place, to the end, by the local runner.

Owns the order of the whole and its summary; the steps are the same handlers that Celery workers run.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from organiser.core.library.folders import is_within
from organiser.core.library.reconcile import WHOLE, Scope
from organiser.core.photo import FileId
from organiser.index.db.engine import reading, writing
from organiser.index.tables import library, runs
from organiser.index.tables import roots as root_rows
from organiser.index.tables.roots import Root
from organiser.jobs.actions import roots
from organiser.jobs.actions.forget import drop_unwanted_pictures
from organiser.jobs.drivers.local import LocalRunner, OpenServices, Progress, do_patiently
from organiser.jobs.messages import Identify, Message, Place, ScanRoot
from organiser.jobs.services import Services
from organiser.jobs.steps.compare import Diff, compare
from organiser.jobs.steps.pending import all_due
from organiser.jobs.steps.recover import recover_all
from organiser.jobs.steps.scan import scan_in_parts
from organiser.jobs.steps.sweep import retry_waiting_for_raw


@dataclass(frozen=True, slots=True)
class Request:
    """What to scan: absolute folders; `confirm_missing` believes any loss."""

    paths: tuple[str, ...]
    origin: str = "command line"
    confirm_missing: bool = False


@dataclass(slots=True)
class Summary:
    """What a run did: counts by word, what a person should know of it, and whether it came to its end."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    finished: bool = False


def plan(services: Services, request: Request) -> list[Diff]:
    """Return what a scan would find, root by root; changes nothing, so a folder that is no root yet is not made one."""
    with reading(services.engine) as tx:
        known = root_rows.every(tx)
    found = []
    for path in request.paths:
        root = _root_of(known, path) or Root(root_rows.NONE, path, None, None, None)
        found.append(compare(services, root, _scope_of(root, path), confirm_missing=request.confirm_missing))
    return found


def run(
    services: Services,
    open_services: OpenServices,
    workers: int,
    request: Request,
    show: Callable[[Iterator[Progress]], object],
) -> Summary:
    """Do the whole job.

    Args:
        open_services: builds services in each child process; must be picklable.
        show: draws the progress it is given and must exhaust it.

    A KeyboardInterrupt ends it early and in order: what is done stays done, the rest stays due.
    """
    summary = Summary()
    where = []
    for path in request.paths:
        root = roots.add(services.engine, path, services.clock())
        where.append((root, _scope_of(root, path)))
    with writing(services.engine) as tx:
        run_id = runs.start(tx, "scan", request.origin, {"paths": list(map(ascii, request.paths))}, services.clock())
    try:
        summary.counts["purged"] = _purge(services)
        if dropped := drop_unwanted_pictures(services):
            summary.notes.append(f"erased {dropped} crops and thumbnails that are not to be kept any more")
        retry_waiting_for_raw(services)
        found = _found(services, where, run_id, summary, confirm_missing=request.confirm_missing)
        queued: set[FileId] = set()
        due = all_due(services, run_id, without=queued)
        todo = few_first(_first(found, due, queued, workers), workers)
        last = Place(run_id=run_id, fresh=True)
        if todo:
            with LocalRunner(services, open_services, min(workers, len(todo))) as runner:
                show(_counted(runner.run(todo, found, due, last), summary))
                summary.notes += runner.notes
        else:
            placed = do_patiently(services, last)
            summary.counts.update(placed.counts)
            summary.notes += placed.notes
        summary.finished = True
    except KeyboardInterrupt:
        summary.notes.append("stopped; the next scan goes on from here")
    finally:
        with writing(services.engine) as tx:
            runs.end(tx, run_id, summary.counts, services.clock())
    return summary


def _purge(services: Services) -> int:
    """Forget the files that were missing for longer than they are remembered; return how many photos went with them."""
    with writing(services.engine) as tx:
        return len(library.purge(tx, services.clock() - services.jobs.grace))


def _counted(progress: Iterator[Progress], summary: Summary) -> Iterator[Progress]:
    """Take over what the children count, beside what the walk counts meanwhile."""
    before: Counter[str] = Counter()
    for state in progress:
        summary.counts.update(state.counts - before)
        before = Counter(state.counts)
        yield state


def _first(
    found: Iterator[Sequence[Message]], due: Iterator[Message], queued: set[FileId], enough: int
) -> list[Message]:
    """Return the first work there is, at least `enough` messages of it unless there is less in all.

    Args:
        queued: gets the files among it, which are due as well.
    """
    todo: list[Message] = []
    for batch in found:
        todo += batch
        if len(todo) >= enough:
            return todo
    queued.update(key for message in todo if isinstance(message, Identify) for key in message.file_ids)
    return [*todo, *islice(due, max(enough - len(todo), 0))]


def few_first(messages: Sequence[Message], workers: int) -> list[Message]:
    """Return the same work with a few photos apart in front for each worker, so that the first verdicts come at once."""
    split: list[Message] = []
    for at, message in enumerate(messages):
        if at < workers and isinstance(message, Identify) and len(message.file_ids) > _FEW:
            share = message.size * _FEW // len(message.file_ids)
            split.append(replace(message, file_ids=message.file_ids[:_FEW], size=share))
            message = replace(message, file_ids=message.file_ids[_FEW:], size=message.size - share)  # noqa: PLW2901
        split.append(message)
    return sorted(split, key=lambda message: isinstance(message, Identify) and len(message.file_ids) > _FEW)


_FEW = 4


def _found(
    services: Services,
    where: Sequence[tuple[Root, Scope]],
    run_id: int,
    summary: Summary,
    *,
    confirm_missing: bool,
) -> Iterator[Sequence[Message]]:
    """Compare the roots with the index here; yield what is to be done as it is found, and last what others left."""
    for root, scope in where:
        trees, directories = tuple(sorted(scope.trees)), tuple(sorted(scope.directories))
        message = ScanRoot(root.id, trees, directories, run_id, confirm_missing=confirm_missing)
        for done in scan_in_parts(services, message):
            summary.counts.update(done.counts)
            summary.notes += done.notes
            yield done.messages
    yield recover_all(services)


def _scope_of(root: Root, path: str) -> Scope:
    """Return the part of a root that a folder in it is."""
    return WHOLE if path == root.path else Scope(trees=frozenset({os.path.relpath(path, root.path)}))


def _root_of(known: Sequence[Root], path: str) -> Root | None:
    return next((root for root in known if is_within(path, root.path)), None)
