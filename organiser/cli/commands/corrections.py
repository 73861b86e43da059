"""`organiser corrections`: what people said, listed or as a training set."""

from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context
from organiser.cli.output import chosen, format_options, moment, say, write_rows

if TYPE_CHECKING:
    from organiser.jobs.actions.export_corrections import LocatedCorrection

_COLUMNS = ("path", "face", "says", "who", "at")


@click.group("corrections")
def command() -> None:
    """List or export what people said.

    \b
    organiser corrections list --csv
    organiser corrections export ~/corrections
    python -m training fit --config corrections --from-bundle BUNDLE --add ~/corrections --out RUN
    """


@command.command("list")
@format_options(paths=True)
@click.pass_context
def list_(ctx: click.Context, form: str | None) -> None:
    """List corrections, oldest first; without a face number the whole photo is meant."""
    from organiser.jobs.actions import export_corrections

    write_rows(map(_row, export_corrections.listed(context.index(ctx))), _COLUMNS, chosen(form))


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.pass_context
def export(ctx: click.Context, folder: str) -> None:
    """Write a training set to DIR: DIR/EMOTION/*.jpg are crops of faces, DIR/photos/EMOTION/*.jpg thumbnails."""
    from pathlib import Path

    from organiser.jobs.actions import export_corrections

    done = export_corrections.export(context.index(ctx), Path(folder))
    say(f"{done.faces} faces and {done.photos} photos in {done.folder}")
    if done.cropless:
        say(f"  {done.cropless} corrections have no kept picture, or their face is not seen any more")
    if done.unlabelled:
        say(f'  {done.unlabelled} corrections say "nothing" or "not this", which is no label')


def _row(located: "LocatedCorrection") -> dict[str, Any]:
    correction = located.correction
    box = correction.box
    return {
        "path": located.path,
        "face": located.face or None,
        "box": None if box is None else [box.x, box.y, box.w, box.h],
        "says": f"{'is' if correction.verb == 'is' else 'is not'} {correction.emotion or 'nothing'}",
        "verb": correction.verb,
        "emotion": correction.emotion,
        "who": correction.who,
        "at": moment(correction.at),
    }
