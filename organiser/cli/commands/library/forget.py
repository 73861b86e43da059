"""`organiser forget`: erase every derived trace of photos."""

import sys
from typing import TYPE_CHECKING

import click

from organiser.cli import context
from organiser.cli.output import say, write_json

if TYPE_CHECKING:
    from organiser.jobs.services import Services


@click.command("forget")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--all", "everything", is_flag=True, help="Everything in the index; roots, collections and models stay.")
@click.option("--exclude", is_flag=True, help="Also write a .organiser-ignore rule, so that no scan reads them again.")
@click.option("--yes", is_flag=True, help="Do not ask before --all; needed where no terminal is.")
@click.option("--json", "as_json", is_flag=True, help="What was erased as one JSON object.")
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[str, ...], everything: bool, exclude: bool, yes: bool, as_json: bool
) -> None:
    """Erase every derived trace of the photos at or below PATHS.

    Faces, crops, predictions, verdicts, corrections, thumbnails, what was placed in collections and written into
    sidecars. The photos themselves are not touched. The next scan reads them again unless their root is removed or a
    .organiser-ignore covers them; --exclude writes that rule.

    \b
    organiser forget ~/Pictures/private --exclude
    organiser forget ~/Pictures/party.jpg
    organiser forget --all
    """
    if bool(paths) == everything:
        raise click.UsageError("name paths, or say --all")
    from organiser.jobs.actions import forget

    services = context.services(ctx)
    target = forget.everything(services) if everything else forget.target_of(services, paths)
    if everything and not yes:
        _confirm(len(target.photo_ids))
    rules = _exclude(services, paths, everything=everything) if exclude else []
    erased = forget.forget(services, target)
    if as_json:
        write_json({"erased": dict(erased.counts), "rules": rules, "notes": erased.notes})
    say(f"erased {erased.in_words()}")
    for note in erased.notes:
        say(f"  {note}")
    _erase_traces(ctx)
    for file in rules:
        say(f"  the rule is in {file}")
    if not exclude:
        say("  the next scan reads the photos again, unless their root is removed or a .organiser-ignore covers them")


def _erase_traces(ctx: click.Context) -> None:
    from organiser.bootstrap import erase_traces
    from organiser.errors import Transient

    try:
        erase_traces(context.settings(ctx))
    except Transient as error:
        say(f"  {error}" + (f": {error.hint}" if error.hint else ""))


def _confirm(photos: int) -> None:
    """Have a person confirm that everything goes; where nobody can be asked, refuse.

    Raises:
        Permanent: nobody is at a terminal.
    """
    from organiser.errors import Permanent

    say(f"This erases all that is known of {photos} photos: faces, crops, verdicts, corrections, and the files placed.")
    say("What people said can be kept before: organiser corrections export FILE")
    if not sys.stdin.isatty():
        raise Permanent("nothing was erased: nobody is at a terminal to confirm it", "say --yes to erase everything")
    click.confirm("Erase it?", abort=True, err=True)


def _exclude(services: "Services", paths: tuple[str, ...], *, everything: bool) -> list[str]:
    from organiser.errors import Transient
    from organiser.jobs.actions import forget

    try:
        return forget.exclude_roots(services) if everything else forget.exclude_from_scans(services, paths)
    except OSError as error:
        reason = f"cannot write a rule: {error.filename}: {error.strerror}"
        raise Transient(reason, "nothing was erased; without --exclude it is") from error
