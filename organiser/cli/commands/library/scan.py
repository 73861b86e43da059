"""`organiser scan`: the whole job, here and now."""

import functools
import sys
from typing import TYPE_CHECKING

import click

from organiser.cli import context
from organiser.cli.output import say

if TYPE_CHECKING:
    from organiser.jobs.services import Services

_MODES = ("auto", "copy", "reflink", "hardlink", "symlink", "tag")
_FOLDER = click.Path(file_okay=False, resolve_path=True)


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, resolve_path=True))
@click.option("--collect", metavar="DIR", type=_FOLDER, help="Fill DIR/happy and DIR/sad.")
@click.option(
    "--mode", type=click.Choice(_MODES), help="How photos get there; auto: reflink where possible, else copy."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that read photos; default: one a core.")
@click.option("--confirm-missing", is_flag=True, help="Believe that files are gone, however many.")
@click.option("--keywords", is_flag=True, help="Read keywords and stars of known photos again too.")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    collect: str | None,
    mode: str | None,
    dry_run: bool,
    workers: int | None,
    confirm_missing: bool,
    keywords: bool,
    as_json: bool,
) -> None:
    """Read the photos below PATHS: find their faces, judge them, fill collections.

    Only what is new or changed is read; a second scan of the same folder takes seconds. Stop it with Ctrl-C at any
    moment and start it again. Originals are opened read-only. Keywords that other programs gave are read on the way;
    --keywords reads them again where only sidecars changed.

    --collect moves no collection that is kept elsewhere unless you say so, and leaves one alone that is held since it was
    undone: `organiser collections sync NAME` fills that again.

    \b
    organiser scan ~/Pictures
    organiser scan ~/Pictures --collect ~/Collections
    organiser scan ~/Pictures --dry-run
    """
    from organiser.bootstrap import open_services
    from organiser.cli import scan_output
    from organiser.jobs.actions.labels import read_again
    from organiser.jobs.collections import manage
    from organiser.jobs.drivers import full_scan
    from organiser.jobs.paths import in_index

    settings = context.settings(ctx, workers=workers)
    services = open_services(settings)
    named = dict.fromkeys(in_index(settings.roots, path) for path in paths)
    request = full_scan.Request(tuple(named), confirm_missing=confirm_missing)
    if dry_run:
        scan_output.show_plan(full_scan.plan(services, request), as_json=as_json)
        for relocation in [] if collect is None else manage.relocations(services, collect):
            say(str(relocation))
        return
    if collect is not None or mode is not None:
        manage.set_built_in(services, collect, mode, relocate=_agreed(services, collect))
    _warm_up(services)
    show = functools.partial(scan_output.show_progress, quiet=as_json or not sys.stderr.isatty())
    summary = full_scan.run(services, functools.partial(open_services, settings), settings.processes, request, show)
    summary.notes[:0] = _paused(services)
    if keywords and summary.finished:
        summary.notes.append(f"read the keywords of {read_again(services, tuple(named)):,} files")
    scan_output.show_summary(services, summary, settings, as_json=as_json)
    if not summary.finished:
        ctx.exit(130)
    if summary.counts["failed"] or summary.counts["unreadable"]:
        ctx.exit(3)


def _agreed(services: "Services", collect: str | None) -> bool:
    """Ask whether collections that are kept elsewhere are to move; where nobody can be asked, nobody agrees.

    Raises:
        Abort: the person at the terminal would rather not.
    """
    from organiser.jobs.collections import manage

    leaving = [] if collect is None else manage.relocations(services, collect)
    if not leaving or not sys.stdin.isatty():
        return False
    for relocation in leaving:
        say(str(relocation))
    return click.confirm("Move them? What was placed in the old folders is taken away", abort=True, err=True)


def _paused(services: "Services") -> list[str]:
    """Say which steps did nothing because they are paused."""
    from organiser.index.db.engine import reading
    from organiser.index.work import pauses

    with reading(services.engine) as tx:
        paused = pauses.paused_steps(tx)
    steps = [step for step in pauses.STEPS if step in paused]
    if not steps:
        return []
    words = " and ".join(filter(None, (", ".join(steps[:-1]), steps[-1])))
    return [f"{words} {'is' if len(steps) == 1 else 'are'} paused: `organiser resume` has them go on"]


def _warm_up(services: "Services") -> None:
    """Find a broken bundle before any work starts."""
    services.model()
