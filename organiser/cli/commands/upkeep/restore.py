"""`organiser restore`: put a backup back, here or on another machine."""

from collections.abc import Sequence

import click

from organiser.cli import context, output


@click.command("restore")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False))
@click.option(
    "--root", "moved", multiple=True, metavar="OLD=NEW", help="What lay in folder OLD lies in NEW now; may be repeated."
)
@click.option("--dry-run", is_flag=True, help="Only check the file and say what is in it.")
@click.pass_context
def command(ctx: click.Context, path: str, moved: Sequence[str], dry_run: bool) -> None:
    """Put the backup in FILE into an empty index, on SQLite or Postgres, whichever it came from.

    The whole file is checked first, and all of it is put back or nothing. A scan then finds the photos again, knows
    them by what they show, and reads the faces that the backup does not hold.

    \b
    organiser --home ~/new-home restore ~/organiser.backup
    organiser restore ~/organiser.backup --root /home/anna/Pictures=/srv/photos
    """
    import os
    from pathlib import Path

    from organiser.cli.commands.upkeep.backup import summary
    from organiser.jobs.backups.restore import inspect, restore
    from organiser.settings.portable import keep, settings_file

    folders = dict(map(_pair, moved))
    if dry_run:
        found = inspect(Path(path))
    else:
        settings = context.settings(ctx)
        target = settings_file(os.environ, settings)
        kept = []
        found = restore(
            context.index(ctx), settings.home, Path(path), folders, lambda values: kept.append(keep(target, values))
        )
        if kept == [False]:
            output.say(f"  {target} is there and stays as it is; the backup's settings: {dict(found.settings)}")
    output.say(f"a backup of {output.moment(found.made)} by organiser {found.version}: {summary(found.counts)}")
    for root in found.roots:
        output.say(f"  root {root}")
    if not dry_run:
        output.say("restored; `organiser scan` with a root brings it up to date")


def _pair(text: str) -> tuple[str, str]:
    import os

    old, equals, new = text.partition("=")
    if not (equals and old.startswith("/") and new):
        raise click.UsageError(f"--root takes OLD=NEW, two folders, not {text!r}")
    return old.rstrip("/") or "/", os.path.abspath(new)
