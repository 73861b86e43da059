"""`organiser import-tags`: other programs' emotion keywords as corrections."""

from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context
from organiser.cli.output import chosen, format_options, say, write_rows

if TYPE_CHECKING:
    from organiser.jobs.corrections.import_tags import Finding

_COLUMNS = ("emotion", "keywords", "note", "path")


@click.command("import-tags")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--dry-run", is_flag=True, help="Say what would be taken; change nothing.")
@format_options(paths=True)
@click.pass_context
def command(ctx: click.Context, paths: tuple[str, ...], dry_run: bool, form: str | None) -> None:
    """Take the emotion keywords of the photos at or below PATHS, or of all, as corrections.

    Keywords count that are plain words, e.g. happy, smile, sad, crying, or lie below Emotion, Expression or Mood, e.g.
    Emotion|neutral. Keywords that organiser wrote, photos whose keywords disagree and photos that somebody corrected
    here are left alone. docs/cli.md has all the words.

    \b
    organiser import-tags --dry-run
    organiser import-tags ~/Pictures/2019
    """
    from organiser.cli.commands.corrections.correct import who
    from organiser.jobs import paths as places
    from organiser.jobs.corrections import import_tags

    services = context.services(ctx)
    photo_ids = [key for path in paths for key in places.photos_at(services.engine, services.roots, path)]
    found = list(import_tags.findings(services, list(dict.fromkeys(photo_ids)) if paths else None))
    write_rows(map(_row, found), _COLUMNS, chosen(form))
    if dry_run:
        return
    done = import_tags.take(services, found, f"{who()} (keywords)")
    say(f"{done.counts['corrections']} photos corrected")
    for note in done.notes:
        say(f"  {note}")


def _row(finding: "Finding") -> dict[str, Any]:
    return {"path": finding.path, "emotion": finding.emotion, "keywords": list(finding.keywords), "note": finding.note}
