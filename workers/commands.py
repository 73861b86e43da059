"""The service's commands `up`, `worker` and `beat`, which join the command line as entry points."""

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from organiser.errors import SettingsError

if TYPE_CHECKING:
    from organiser.settings.values import Settings

_LEVEL = click.option(
    "--log", "level", type=click.Choice(["debug", "info", "warning"]), default="info", help="How much to tell."
)
_SUPERVISED = click.option("--supervised", type=int, metavar="PID", hidden=True, help="End when this parent ends.")
_FOLDER = click.Path(file_okay=False, resolve_path=True)


@click.command()
@click.option("--queues", metavar="STEPS", default="", help="Steps to work on: scan,detect,judge,place; default: all.")
@click.option("--device", type=click.Choice(["cpu", "gpu"]), help="gpu: one process, the TensorFlow model.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Processes; default: one a core.")
@_LEVEL
@_SUPERVISED
@click.pass_context
def worker(
    ctx: click.Context,
    queues: str,
    device: str | None,
    concurrency: int | None,
    level: str,
    supervised: int | None,
) -> None:
    """Take work from the queue until told to stop (SIGTERM: finish what is in progress).

    \b
    organiser worker
    organiser worker --queues scan,detect --concurrency 8
    CUDA_VISIBLE_DEVICES=1 organiser worker --queues judge --device gpu     one a card
    """
    _require("the worker")
    from organiser.workers.consuming.worker import WorkerOptions, run

    settings = _settings(ctx, device=device, workers=concurrency)
    _begin(settings, level, supervised=supervised)
    steps = tuple(word.strip() for word in queues.split(",") if word.strip())
    ctx.exit(run(settings, WorkerOptions(steps, settings.processes, level)))


@click.command()
@_LEVEL
@_SUPERVISED
@click.pass_context
def beat(ctx: click.Context, level: str, supervised: int | None) -> None:
    """Ask for scheduled work when it is due, and for what the queue lost. Two beats do no harm.

    With ORGANISER_SERVICE_PORT set it also answers /metrics (Prometheus) and /healthz.

    \b
    organiser beat
    ORGANISER_SERVICE_PORT=9100 organiser beat
    """
    _require("the beat")
    from organiser.workers.service.beat import run

    settings = _settings(ctx)
    _begin(settings, level, supervised=supervised)
    run(settings)


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, file_okay=False, resolve_path=True))
@click.option("--collect", metavar="DIR", type=_FOLDER, help="Fill DIR/happy and DIR/sad.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that read photos; default: one a core.")
@click.option("--web/--no-web", default=True, help="With the page in the browser, whose address is printed.")
@_LEVEL
@click.pass_context
def up(
    ctx: click.Context,
    paths: tuple[str, ...],
    collect: str | None,
    workers: int | None,
    level: str,
    *,
    web: bool,
) -> None:
    """Run the whole service here: broker, workers, beat, watcher and page; Ctrl-C stops all of it and loses nothing.

    PATHS are added to the folders that are watched. The page is that of `organiser web`; web.port and web.address say
    where.

    \b
    organiser up ~/Pictures --collect ~/Collections
    organiser up                                        the folders it knows
    organiser up --no-web                               without the page
    ORGANISER_SERVICE_PORT=9100 organiser up            with /metrics and /healthz
    """
    _require("the service")
    from organiser.workers.service import supervisor

    settings = _settings(ctx, workers=workers)
    _begin(settings, level)
    supervisor.prepare(settings, paths, collect)
    supervisor.run(settings, level, web=web)


def _require(what: str) -> None:
    missing = [name for name in ("celery", "redis", "croniter", "prometheus_client") if find_spec(name) is None]
    if missing:
        raise SettingsError(f"{what} needs {', '.join(missing)}", "pip install 'organiser[service]'")


def _settings(ctx: click.Context, **flags: Any) -> "Settings":
    from organiser.settings.reading import load

    return load(os.environ, {**(ctx.find_root().obj or {}), **flags})


def _begin(settings: "Settings", level: str, *, supervised: int | None = None) -> None:
    from organiser.lifeline import end_with_parent
    from organiser.workers import logs

    logs.configure(level, settings.log.format)
    if supervised is not None:
        end_with_parent(parent=supervised)
