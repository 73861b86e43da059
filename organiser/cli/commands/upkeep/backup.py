"""`organiser backup`: keep what people made in one file."""

from collections.abc import Mapping

import click

from organiser.cli import context, output

_TOLD = ("corrections", "collections", "placements", "schedules", "photos", "verdicts", "faces", "crops", "predictions")


def summary(counts: Mapping[str, int]) -> str:
    """Return what a backup holds, in a line for people."""
    return ", ".join(f"{counts[word]} {word}" for word in _TOLD if counts[word])


@click.command("backup")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False))
@click.option("--all", "everything", is_flag=True, help="Faces, crops and predictions too, which a scan finds again.")
@click.pass_context
def command(ctx: click.Context, path: str, everything: bool) -> None:
    """Write what people made to FILE: corrections, collections and what they placed, schedules, settings, models.

    It is one moment of the index, taken while the service goes on, and readable by you alone. An older backup at FILE
    gives way when the new one is whole. Photos are not in it, nor addresses and passwords of other services.

    \b
    organiser backup ~/organiser.backup
    organiser backup --all /mnt/disk/organiser.backup
    """
    import os
    import time
    from importlib.metadata import version
    from pathlib import Path

    from organiser.jobs.backups.backup import backup
    from organiser.settings.portable import portable, settings_file

    settings = context.settings(ctx)
    done = backup(
        context.index(ctx),
        settings.home,
        Path(path),
        portable(settings_file(os.environ, settings)),
        time.time(),
        version("organiser"),
        everything=everything,
    )
    output.say(f"{done.path}: {summary(done.counts)} ({done.size / 1e6:.1f} MB)")
    if done.models:
        output.say(f"  models in it: {', '.join(done.models)}")
    if done.absent:
        output.say(f"  models that are not on this host and not in it: {', '.join(done.absent)}")
