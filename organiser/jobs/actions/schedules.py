"""Scheduled work: what can be scheduled, when it is due, and how it starts. The beat asks, workers do.

An entry only plans: it opens a run, notes what is asked for and gives the messages that begin it. What cannot be done is
refused when it is planned; what could be done then and cannot be now ends its run with the reason.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from organiser.core.library.reconcile import WHOLE
from organiser.core.query.dates import wall_clock
from organiser.core.query.parse import parse
from organiser.errors import OrganiserError, SettingsError, Transient
from organiser.index import flags
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.tables import models, roots, runs, schedules
from organiser.index.tables.roots import Root
from organiser.index.tables.schedules import Entry
from organiser.index.work import pauses, scan_requests
from organiser.jobs.actions import mixture, reclassify
from organiser.jobs.messages import Message, Place, ScanRoot, Sweep
from organiser.jobs.services import Services

DEFAULTS: Mapping[str, tuple[str, str]] = {
    "nightly-collections": ("5 0 * * *", "collections"),
    "nightly-scan": ("0 3 * * *", "scan"),
    "nightly-reclassify": ("30 3 * * *", "reclassify"),
}
"""Name → cron text and action of what every service does unless it is removed."""

_SEEDED = "schedule_seeded"


def seed(tx: Transaction, now: float) -> None:
    """Add the default entries, once in an index's life: what a person removed stays removed."""
    if flags.get(tx, _SEEDED) is None:
        flags.put(tx, _SEEDED, repr(now))
        for name, (cron, action) in DEFAULTS.items():
            if schedules.by_name(tx, name) is None:
                schedules.add(tx, name, cron, action, {}, now)


def add(tx: Transaction, name: str, cron: str, action: str, arguments: Mapping[str, Any], now: float) -> None:
    """Add an entry, in place of one of the same name.

    Raises:
        SettingsError: the cron text, the action, its root or its model is invalid or unknown.
        QueryError: its query does not parse.
    """
    next_after(cron, now)
    _check(tx, action, arguments, now)
    schedules.add(tx, name, cron, action, arguments, now)


def _check(tx: Transaction, action: str, arguments: Mapping[str, Any], now: float) -> None:
    if action not in ACTIONS:
        raise SettingsError(f"{action!r} cannot be scheduled", f"one of: {', '.join(ACTIONS)}")
    if action == "scan":
        _roots(tx, arguments)
    if action == "reclassify":
        parse(arguments.get("query", ""), wall_clock(now))
        named = arguments.get("model")
        if (
            named
            and not Path(named).is_dir()
            and not any(named in (model.label, model.name) for model in models.every(tx))
        ):
            raise SettingsError(f"no model {named!r} is known", "see `organiser models`, or name a bundle's folder")


def _roots(tx: Transaction, arguments: Mapping[str, Any]) -> list[Root]:
    """Return the roots that a scan is of."""
    wanted = arguments.get("root")
    chosen = [root for root in roots.every(tx) if wanted in (None, root.path)]
    if wanted and not chosen:
        raise SettingsError(f"{wanted} is no root", "see `organiser roots`")
    return chosen


def next_after(cron: str, moment: float) -> float:
    """Return the first moment after `moment` (epoch seconds) that cron text means, in local time.

    Raises:
        SettingsError: it is no cron text, or never comes.
    """
    try:
        from croniter import CroniterError, croniter  # noqa: PLC0415 part of the service, not of every installation
    except ModuleNotFoundError as error:
        raise OrganiserError("schedules need croniter", "pip install 'organiser[service]'") from error
    try:
        found: datetime = croniter(cron, wall_clock(moment)).get_next(datetime)
    except (CroniterError, ValueError, KeyError) as error:
        raise SettingsError(f"{cron!r} is no cron text: {error}", "five fields, e.g. '30 3 * * *'") from error
    return found.timestamp()


def is_due(entry: Entry, now: float) -> bool:
    """Whether an entry's moment came since it was last asked for; several missed moments are one."""
    return entry.enabled and next_after(entry.cron, entry.last_run) <= now


def last_begun(tx: Transaction, entry: Entry) -> float | None:
    """Return when an entry's work last began, or None when it never did; what could not be done did not begin."""
    for run in runs.started_last(tx, (origin_of(entry.name), origin_by_hand(entry.name)), entry.action):
        if run.error is None and without_mark(run.arguments) == entry.arguments:
            return run.started
    return None


def origin_of(name: str) -> str:
    """Return how a run says that an entry's time had come."""
    return f"schedule {name}"


def origin_by_hand(name: str) -> str:
    """Return how a run says that a person wanted an entry's work at once."""
    return f"schedule {name}, by hand"


def begin(
    services: Services,
    action: str,
    arguments: Mapping[str, Any],
    origin: str,
    submit: Callable[[Sequence[Message]], None],
) -> Sequence[Message]:
    """Start an action and queue what begins it; return that, nothing when the same is still going on.

    Raises:
        SettingsError, QueryError, BundleError: it cannot be done; its run says so.
        Transient: it could not be queued; then it was not started.
    """
    messages = start(services, action, arguments, origin)
    try:
        submit(messages)
    except Transient:
        with writing(services.engine) as tx:
            for run_id in {message.run_id for message in messages if message.run_id is not None}:
                runs.remove(tx, run_id)
        raise
    return messages


def start(services: Services, action: str, arguments: Mapping[str, Any], origin: str) -> Sequence[Message]:
    """Open a run of an action and return the messages that begin it; nothing when the same is still going on.

    Raises:
        SettingsError, QueryError, BundleError: it cannot be done; its run says so.
    """
    kept = dict(arguments)
    try:
        _prepare(services, action, kept)
    except Transient:
        raise
    except OrganiserError as error:
        with writing(services.engine) as tx:
            run_id = runs.start(tx, action, origin, kept, services.clock())
            runs.fail(tx, run_id, str(error), services.clock())
        raise
    with writing(services.engine) as tx:
        going = [run for run in runs.queued(tx) if run.kind == action and without_mark(run.arguments) == kept]
        if going:
            return ()
        pauses.go_on(tx)
        run_id = runs.start(tx, action, origin, kept | {runs.QUEUED: True}, services.clock())
        _note(tx, action, kept, run_id, services.clock())
    return ACTIONS[action](services, kept, run_id)


def without_mark(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's arguments without the mark of queued runs."""
    return {name: value for name, value in arguments.items() if name != runs.QUEUED}


def _prepare(services: Services, action: str, arguments: Mapping[str, Any]) -> None:
    """See that an action can be done; the model it names, or a new estimate of the mixture, holds from now on."""
    with reading(services.engine) as tx:
        _check(tx, action, arguments, services.clock())
    if action == "reclassify" and arguments.get("model"):
        reclassify.activate(services, arguments["model"])
    if action == "reclassify" and arguments.get("estimate_mixture"):
        mixture.keep(services, mixture.estimate(services))


def _note(tx: Transaction, action: str, arguments: Mapping[str, Any], run_id: int, now: float) -> None:
    """Ask in the index for what no outcome there tells; what is due to be judged or swept is known anyway."""
    if action == "scan":
        for root in _roots(tx, arguments):
            scan_requests.request_scan(tx, root.id, WHOLE, now, run_id)
    if action == "collections":
        scan_requests.request_placing(tx)


def _scan(services: Services, arguments: Mapping[str, Any], run_id: int) -> Sequence[Message]:
    with reading(services.engine) as tx:
        return [ScanRoot(root.id, run_id=run_id, asked=True) for root in _roots(tx, arguments)]


def _reclassify(services: Services, arguments: Mapping[str, Any], run_id: int) -> Sequence[Message]:
    return list(reclassify.messages(services, arguments.get("query", ""), run_id))


def _place(_services: Services, _arguments: Mapping[str, Any], run_id: int) -> Sequence[Message]:
    return [Place(run_id=run_id)]


def _sweep(_services: Services, _arguments: Mapping[str, Any], run_id: int) -> Sequence[Message]:
    return [Sweep(run_id=run_id)]


ACTIONS: Mapping[str, Callable[[Services, Mapping[str, Any], int], Sequence[Message]]] = {
    "scan": _scan,
    "reclassify": _reclassify,
    "collections": _place,
    "sweep": _sweep,
}
