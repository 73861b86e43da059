"""Scheduled work: what can be scheduled, when it is due, and how it starts. The beat asks, workers do.

An entry only plans: it opens a run and gives the messages that begin it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from organiser.core.photo import RootId
from organiser.errors import OrganiserError, SettingsError
from organiser.index import control, flags, roots, runs, schedules
from organiser.index.engine import Transaction, reading, writing
from organiser.index.schedules import Entry
from organiser.jobs import reclassify
from organiser.jobs.messages import Message, Place, ScanRoot, Sweep
from organiser.jobs.services import Services

DEFAULTS: Mapping[str, tuple[str, str]] = {
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
        SettingsError: the cron text or the action is none.
    """
    next_after(cron, now)
    if action not in ACTIONS:
        raise SettingsError(f"{action!r} cannot be scheduled", f"one of: {', '.join(ACTIONS)}")
    schedules.add(tx, name, cron, action, arguments, now)


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
        # A naive local time keeps "3 o'clock" at 3 o'clock when the clocks change.
        found: datetime = croniter(cron, datetime.fromtimestamp(moment)).get_next(datetime)  # noqa: DTZ006
    except (CroniterError, ValueError, KeyError) as error:
        raise SettingsError(f"{cron!r} is no cron text: {error}", "five fields, e.g. '30 3 * * *'") from error
    return found.timestamp()


def is_due(entry: Entry, now: float) -> bool:
    """Whether an entry's moment came since it was last asked for; several missed moments are one."""
    return entry.enabled and next_after(entry.cron, entry.last_run) <= now


def start(services: Services, action: str, arguments: Mapping[str, Any], origin: str) -> Sequence[Message]:
    """Open a run of an action and return the messages that begin it; nothing when the same is still going on.

    Raises:
        SettingsError: the action or an argument is none.
    """
    if action not in ACTIONS:
        raise SettingsError(f"{action!r} cannot be scheduled", f"one of: {', '.join(ACTIONS)}")
    kept = dict(arguments)
    with writing(services.engine) as tx:
        going = [run for run in runs.queued(tx) if run.kind == action and without_mark(run.arguments) == kept]
        if going:
            return ()
        control.go_on(tx)
        run_id = runs.start(tx, action, origin, kept | {runs.QUEUED: True}, services.clock())
    return ACTIONS[action](services, kept, run_id)


def without_mark(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's arguments without the mark of queued runs."""
    return {name: value for name, value in arguments.items() if name != runs.QUEUED}


def _scan(services: Services, arguments: Mapping[str, Any], run_id: int) -> Sequence[Message]:
    wanted = arguments.get("root")
    with reading(services.engine) as tx:
        known = roots.every(tx)
    chosen = [root for root in known if wanted in (None, root.path)]
    if wanted and not chosen:
        raise SettingsError(f"{wanted} is no root", "see `organiser roots`")
    return [ScanRoot(RootId(root.id), run_id=run_id) for root in chosen]


def _reclassify(services: Services, arguments: Mapping[str, Any], run_id: int) -> Sequence[Message]:
    if arguments.get("model"):
        reclassify.activate(services, arguments["model"])
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
