"""`organiser watch`: keep the index up to date while folders change."""

import functools
import signal
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from organiser.cli import context

if TYPE_CHECKING:
    from organiser.jobs.drivers.watch import Submit, WatchPlan
    from organiser.jobs.services import Services
    from organiser.settings.values import Settings


@click.command("watch")
@click.argument("paths", nargs=-1, type=click.Path(file_okay=False, resolve_path=True))
@click.option("--workers", type=click.IntRange(min=1), help="Processes that read photos, without a broker.")
@click.option(
    "--log", "level", type=click.Choice(["debug", "info", "warning"]), default="info", help="How much to tell."
)
@click.option("--supervised", type=int, metavar="PID", hidden=True, help="End when this parent ends.")
@click.pass_context
def command(ctx: click.Context, paths: Sequence[str], workers: int | None, level: str, supervised: int | None) -> None:
    """Watch the roots that PATHS are or lie in, or every root, and have what changes scanned, until stopped.

    With a broker (ORGANISER_BROKER_URL, or `organiser up` running) the work goes to its queue; without one it is done
    here. New PATHS become roots.

    \b
    organiser watch ~/Pictures
    ORGANISER_BROKER_URL=redis://queue:6379/0 organiser watch
    """
    from organiser import logs
    from organiser.bootstrap import open_queue, open_services
    from organiser.jobs.actions import roots
    from organiser.jobs.drivers import watch
    from organiser.jobs.paths import in_index
    from organiser.lifeline import end_with_parent

    settings = context.settings(ctx, workers=workers)
    logs.configure(level, settings.log.format)
    if supervised is not None:
        end_with_parent(parent=supervised)
    services = open_services(settings)
    named = [in_index(settings.roots, path) for path in paths]
    for path in named:
        roots.add(services.engine, path, services.clock())
    queue = open_queue(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    plan = _plan(settings, named, in_queue=queue is not None)
    if queue is not None:
        watch.Watching(services, plan, watch.patiently(queue.submit, stop), stop).run()
    else:
        _watch_here(services, settings, plan, stop)


def _watch_here(services: "Services", settings: "Settings", plan: "WatchPlan", stop: threading.Event) -> None:
    from organiser.bootstrap import open_services
    from organiser.jobs.drivers import watch
    from organiser.jobs.drivers.local import LocalRunner

    with LocalRunner(services, functools.partial(open_services, settings), settings.processes) as runner:
        submit: Submit = functools.partial(watch.do_here, services, runner, stop)
        watch.Watching(services, plan, submit, stop).run()


def _plan(settings: "Settings", paths: Sequence[str], *, in_queue: bool) -> "WatchPlan":
    from organiser.files.watch.changes import WatchOptions
    from organiser.jobs.drivers.watch import WatchPlan
    from organiser.jobs.paths import in_index

    watch = settings.watch
    options = WatchOptions(watch.settle_seconds, watch.poll_seconds, 60.0 * watch.reconcile_minutes)
    poll, events = (tuple(in_index(settings.roots, path) for path in some) for some in (watch.poll, watch.events))
    return WatchPlan(options, tuple(paths), poll, events, in_queue)
