"""`organiser status`: what is waiting, running and done."""

import dataclasses
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context, output

if TYPE_CHECKING:
    from organiser.index.tables.runs import Run
    from organiser.jobs.views.status import Status

_REFRESH_S = 2.0
_SILENT_S = 90.0


@click.command("status")
@click.option("--watch", "live", is_flag=True, help="Refresh until stopped.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; with --watch one a line.")
@click.option("--runs", "history", type=click.IntRange(min=0), default=5, show_default=True, help="Runs to list.")
@click.pass_context
def command(ctx: click.Context, live: bool, as_json: bool, history: int) -> None:
    """Tell what waits, who works, how fast, until when, and what failed.

    \b
    organiser status --watch
    organiser status --json | jq .due
    """
    from organiser.bootstrap import open_queue, open_services
    from organiser.jobs.views.status import status

    settings = context.settings(ctx)
    services = open_services(settings)
    while True:
        found = status(services, open_queue(settings), history)
        if as_json:
            _write(found, live=live)
        else:
            if live:
                click.clear()
            for line in _lines(found):
                output.tell(line)
        if not live:
            return
        time.sleep(_REFRESH_S)


def _write(found: "Status", *, live: bool) -> None:
    values: dict[str, Any] = dataclasses.asdict(found)
    if live:
        output.write_line(values)
    else:
        output.write_json(values)


def _lines(found: "Status") -> Iterator[str]:
    yield _work(found)
    if found.queues is None:
        yield "queue     none (no broker answers)"
    else:
        waiting = [f"{name} {count}" for name, count in found.queues.items() if count]
        yield f"queue     {', '.join(waiting) or 'empty'}"
    for step, since in found.paused.items():
        yield f"paused    {step}, for {_duration(found.at - since)}; {_waiting(step, found)}"
    if found.halted:
        yield "halted    what a cancelled run left is left lying until `organiser resume` or the next run"
    for worker in found.workers:
        silent = found.at - worker.at
        state = f"silent for {_duration(silent)}" if silent > _SILENT_S else "alive"
        yield f"worker    {worker.name}: {worker.processes} {worker.device}, {state}"
    for root in found.roots:
        seen = "never" if root.reconciled is None else f"{_duration(found.at - root.reconciled)} ago"
        state = f", OFFLINE: {root.offline_reason}" if root.offline_since else ""
        yield f"root      {root.path}: reconciled {seen}{state}"
    again, lasting = found.failures
    if again or lasting:
        yield f"failures  {lasting} lasting, {again} tried again (organiser failures)"
    if found.waiting_for_part:
        yield f"failures  {found.waiting_for_part} camera raw files wait for the raw extra: pip install 'organiser[raw]'"
    for run in found.runs:
        yield _run(run, found.at)


def _work(found: "Status") -> str:
    steps = [f"{found.scans} folder{'' if found.scans == 1 else 's'} to scan"] if found.scans else []
    steps += [f"{count} to {step}" for step, count in found.due.items() if count]
    steps += ["collections to bring in line"] if found.placing else []
    if not steps:
        return "due       nothing"
    words = [f"due       {', '.join(steps)}"]
    if any(found.due.values()):
        words.append(f"{found.in_progress} in progress")
    if found.rate:
        words.append(f"{found.rate:.1f} photos/s")
    if found.eta is not None:
        words.append(f"done in {_duration(found.eta)}")
    if found.oldest is not None:
        words.append(f"longest wait for a verdict {_duration(found.oldest)}")
    return "; ".join(words)


def _waiting(step: str, found: "Status") -> str:
    """Say what a paused step would take."""
    if step == "place":
        return "the collections wait to be brought in line" if found.placing else "nothing waits"
    amounts = {"folder": found.scans, "file": found.due["identify"]} if step == "scan" else {"photo": found.due[step]}
    waiting = [f"{count} {what}{'' if count == 1 else 's'}" for what, count in amounts.items() if count]
    alone = sum(amounts.values()) == 1
    return f"{' and '.join(waiting)} wait{'s' if alone else ''}" if waiting else "nothing waits"


def _run(run: "Run", now: float) -> str:
    counts = {word: count for word, count in run.counts.items() if not word.endswith("_ms")}
    counted = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in counts.items() if count)
    counted = counted or ("nothing yet" if run.ended is None else "nothing changed")
    if run.error is not None:
        state = f"failed: {run.error}"
    elif run.cancelled:
        state = "cancelled"
    elif run.ended is None:
        state = f"going on for {_duration(now - run.started)}"
    elif len(run.ids) > 1:
        state = f"{len(run.ids)} times in {_duration(run.ended - run.started)}"
    else:
        state = f"took {_duration(run.ended - run.started)}"
    times = [
        f"{word} {_duration(run.counts[key] / 1000)}"
        for word, key in (("waited", "waited_ms"), ("worked", "working_ms"))
        if key in run.counts
    ]
    return f"run {run.id:<5} {run.kind} by {run.origin}, {'; '.join([state, *times, counted])}"


def _duration(seconds: float) -> str:
    for size, unit in ((86_400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0.0):.1f} s" if seconds < 10 else f"{seconds:.0f} s"
