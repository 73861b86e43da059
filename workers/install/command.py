"""`organiser service`: have the system start the organiser and keep it running."""

import os
import pwd
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from organiser.errors import OrganiserError, SettingsError

if TYPE_CHECKING:
    from organiser.settings.values import Settings
    from organiser.workers.install.manager import Installation
    from organiser.workers.install.plan import ServicePlan

_FOLDER = click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
_SYSTEM = click.option("--system", is_flag=True, help="The whole machine's service, not one of this person's own.")
_YES = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group("service")
def service() -> None:
    """Have systemd (Linux) or launchd (macOS) start the organiser and keep it running.

    What is written or removed is shown first. Only files that prove to be ours are replaced or removed.

    \b
    organiser service install ~/Pictures --collect ~/Collections
    organiser service status
    organiser service remove
    """


@service.command()
@click.argument("paths", nargs=-1, type=_FOLDER)
@click.option("--collect", metavar="DIR", type=_FOLDER, help="Have DIR/happy and DIR/sad filled.")
@_SYSTEM
@click.option("--as", "user", metavar="USER", help="With --system: who it runs as; must be able to read the photos.")
@click.option("--memory", type=click.IntRange(5, 100), default=50, help="Slow it down above this share of memory (%).")
@click.option("--start/--no-start", default=True, help="Start it now, and at every login or boot.")
@_YES
@click.pass_context
def install(
    ctx: click.Context,
    paths: tuple[Path, ...],
    collect: Path | None,
    user: str | None,
    memory: int,
    *,
    system: bool,
    start: bool,
    yes: bool,
) -> None:
    """Write a service that watches PATHS, show it first, and start it.

    A person's service runs while they are logged in; `loginctl enable-linger` has it run from boot on.

    \b
    organiser service install ~/Pictures --collect ~/Collections
    sudo organiser --home /var/lib/organiser service install /srv/photos --system --as photos
    """
    from organiser.workers.install import manager, written

    settings = _settings(ctx)
    found = manager.installation(_plan(settings, paths, collect, _user(user, system=system), memory))
    click.echo(f"# {found.path}\n{found.text}", nl=False)
    _agree(f"write {found.path}" + (" and start it?" if start else "?"), yes=yes)
    written.write(found.path, found.text)
    click.echo(f"written: {found.path}", err=True)
    if sys.platform == "darwin":
        _prepare(settings, paths, collect)
    if start:
        manager.run(found.start)
        click.echo("started; organiser service status", err=True)


@service.command()
@_SYSTEM
@click.pass_context
def status(ctx: click.Context, *, system: bool) -> None:
    """Say whether there is such a service, whose its file is, and what the system says of it; exit with 1 where it is not."""
    import subprocess
    from shutil import which

    from organiser.workers.install import written

    found = _known(ctx, system=system)
    state = written.whose(found.path)
    click.echo(f"{found.path}: {state}")
    if state is written.Whose.NOBODY:
        ctx.exit(1)
    if which(found.ask[0]) is None:
        click.echo(f"{found.ask[0]} is not on this machine", err=True)
        ctx.exit(1)
    asked = subprocess.run(found.ask, capture_output=True, text=True, check=False)
    click.echo(asked.stdout or asked.stderr, nl=False)
    ctx.exit(1 if asked.returncode else 0)


@service.command()
@_SYSTEM
@_YES
@click.option("--stop/--no-stop", default=True, help="Stop it before.")
@click.pass_context
def remove(ctx: click.Context, *, system: bool, yes: bool, stop: bool) -> None:
    """Stop the service and remove its file, if it is as we wrote it. Index, photos and collections stay."""
    from organiser.workers.install import manager, written

    found = _known(ctx, system=system)
    state = written.whose(found.path)
    click.echo(f"{found.path}: {state}")
    if state is written.Whose.NOBODY:
        return
    if state is not written.Whose.OURS:
        raise OrganiserError(f"{found.path} is {state}: it is left alone", "look at it, and remove it yourself")
    _agree(f"remove {found.path}?", yes=yes)
    if stop:
        manager.run(found.stop)
    written.remove(found.path)
    click.echo(f"removed: {found.path}", err=True)


def _settings(ctx: click.Context) -> "Settings":
    from organiser.settings.reading import load

    return load(os.environ, ctx.find_root().obj or {})


def _plan(
    settings: "Settings", paths: tuple[Path, ...], collect: Path | None, user: str | None, memory: int
) -> "ServicePlan":
    from organiser.workers.install.plan import ServicePlan

    elsewhere = bool(settings.broker) or not settings.index.startswith("sqlite")
    local = not elsewhere and settings.web.address in ("127.0.0.1", "::1", "localhost")
    return ServicePlan(Path(sys.executable), settings.home, paths, collect, user, memory, local)


def _known(ctx: click.Context, *, system: bool) -> "Installation":
    """The installation as far as status and removal need it: its file's place and the commands."""
    from organiser.workers.install import manager

    return manager.installation(_plan(_settings(ctx), (), None, "root" if system else None, 50))


def _user(name: str | None, *, system: bool) -> str | None:
    if not system:
        if name is not None:
            raise click.UsageError("--as goes with --system")
        return None
    if name is None:
        raise click.UsageError("--system needs --as USER: who may read the photos")
    try:
        pwd.getpwnam(name)
    except KeyError as error:
        raise SettingsError(f"there is no user {name!r}", f"sudo useradd --system {name}") from error
    return name


def _prepare(settings: "Settings", paths: tuple[Path, ...], collect: Path | None) -> None:
    """Record folders and first targets here and now, where the service manager runs no command before the service."""
    from organiser.bootstrap import open_services
    from organiser.jobs.actions import roots
    from organiser.jobs.collections.first_targets import give_first_targets
    from organiser.jobs.paths import in_index

    services = open_services(settings)
    for path in paths:
        roots.add(services.engine, in_index(settings.roots, str(path)), services.clock())
    if collect is not None:
        give_first_targets(services, str(collect))
    services.engine.dispose()


def _agree(question: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True, err=True)
