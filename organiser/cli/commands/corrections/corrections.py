"""`organiser corrections`: what people said, listed, as a training set, or from another index."""

from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context
from organiser.cli.output import chosen, format_options, moment, say, write_rows
from organiser.core.judging.correction import says

if TYPE_CHECKING:
    from organiser.jobs.corrections.export_corrections import LocatedCorrection

_COLUMNS = ("path", "face", "says", "who", "at")


@click.group("corrections")
def command() -> None:
    """List, export or import what people said.

    \b
    organiser corrections list --csv
    organiser corrections export ~/corrections
    organiser corrections import ~/corrections
    python -m organiser.training fit --config corrections --from-bundle BUNDLE --add ~/corrections --out RUN
    """


@command.command("list")
@format_options(paths=True)
@click.pass_context
def list_(ctx: click.Context, form: str | None) -> None:
    """List corrections, oldest first; without a face number the whole photo is meant."""
    from organiser.jobs.corrections import export_corrections

    write_rows(map(_row, export_corrections.listed(context.index(ctx))), _COLUMNS, chosen(form))


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.pass_context
def export(ctx: click.Context, folder: str) -> None:
    """Write a training set to DIR: DIR/EMOTION/*.jpg are crops of faces, DIR/photos/EMOTION/*.jpg thumbnails.

    DIR/corrections.csv has every correction, with or without a picture, for `corrections import`.
    """
    from pathlib import Path

    from organiser.jobs.corrections import export_corrections

    done = export_corrections.export(context.index(ctx), Path(folder))
    say(f"{done.faces} faces and {done.photos} photos in {done.folder}")
    if done.cropless:
        say(f"  {done.cropless} corrections have no kept picture, or their face is not seen any more")
    if done.unlabelled:
        say(f'  {done.unlabelled} corrections say "nothing", "not this" or "no face", which is no label')


@command.command("import")
@click.argument("path", metavar="FILE", type=click.Path())
@click.option("--theirs", is_flag=True, help="Where the file contradicts what was said here, the file is right.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken; change nothing.")
@click.pass_context
def import_(ctx: click.Context, path: str, theirs: bool, dry_run: bool) -> None:
    """Take the corrections in FILE, the corrections.csv of an export, or its folder.

    Photos are known by what they show, whatever their paths; faces by where they lie. What was said here stays where
    the file says otherwise. Importing twice is once.

    \b
    organiser corrections import ~/corrections/corrections.csv --dry-run
    """
    from pathlib import Path

    from organiser.jobs.corrections import import_corrections

    services = context.services(ctx)
    found = import_corrections.findings(services, Path(path), theirs=theirs)
    for conflict in found.conflicts:
        who, ours = conflict.ours.who, says(conflict.ours.verb, conflict.ours.emotion)
        say(f"  {conflict.theirs.path}: {says(conflict.theirs.verb, conflict.theirs.emotion)}; {who} said here: {ours}")
    for unknown in found.unknown:
        say(f"  {unknown.path}: no such photo is known here")
    if not dry_run:
        for note in import_corrections.take(services, found).notes:
            say(f"  {note}")
    say(
        f"{len(found.taken)} corrections {'would be ' if dry_run else ''}taken, {found.known} known already, "
        f"{len(found.conflicts)} in conflict, {len(found.unknown)} of unknown photos"
    )


def _row(located: "LocatedCorrection") -> dict[str, Any]:
    correction = located.correction
    box = correction.box
    return {
        "path": located.path,
        "face": located.face or None,
        "box": None if box is None else [box.x, box.y, box.w, box.h],
        "says": says(correction.verb, correction.emotion),
        "verb": correction.verb,
        "emotion": correction.emotion,
        "who": correction.who,
        "at": moment(correction.at),
    }
