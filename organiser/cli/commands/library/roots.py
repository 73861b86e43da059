"""`organiser roots`: the folders handed over."""

import click

from organiser.cli import context
from organiser.cli.output import chosen, format_options, moment, say, write_rows

_COLUMNS = ("path", "online", "reconciled", "offline_since", "offline_reason")


@click.group("roots")
def command() -> None:
    """List, add and remove the folders handed over.

    \b
    organiser roots list
    organiser roots add ~/Pictures /media/card
    organiser roots remove /media/card
    """


@command.command("list")
@format_options(paths=True)
@click.pass_context
def list_(ctx: click.Context, form: str | None) -> None:
    """List the roots: when each was last scanned whole, and since when and why it is offline."""
    from organiser.jobs.actions import roots

    rows = (
        {
            "path": root.path,
            "online": root.offline_since is None,
            "reconciled": moment(root.reconciled),
            "offline_since": moment(root.offline_since),
            "offline_reason": root.offline_reason,
        }
        for root in roots.every(context.index(ctx))
    )
    write_rows(rows, _COLUMNS, chosen(form), nothing="no roots: organiser scan FOLDER makes a folder one")


@command.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, resolve_path=True))
@click.option(
    "--collect",
    metavar="DIR",
    type=click.Path(file_okay=False, resolve_path=True),
    help="Have DIR/happy and DIR/sad filled, unless happy and sad are filled elsewhere already.",
)
@click.pass_context
def add(ctx: click.Context, paths: tuple[str, ...], collect: str | None) -> None:
    """Hand over the folders PATHS without scanning them yet.

    \b
    organiser roots add ~/Pictures --collect ~/Collections
    """
    import time

    from organiser.jobs.actions import roots
    from organiser.jobs.paths import in_index

    engine, mounts = context.index(ctx), context.settings(ctx).roots
    for path in paths:
        wanted = in_index(mounts, path)
        root = roots.add(engine, wanted, time.time())
        known_as = "" if wanted == path else f", known as {wanted}"
        say(
            f"{path} is a root now{known_as}" if root.path == wanted else f"{path} already lies in the root {root.path}"
        )
    if collect is not None:
        from organiser.jobs.collections.first_targets import give_first_targets

        given = give_first_targets(context.services(ctx), collect)
        say(
            "".join(f"{name} will be filled in {collect}/{name}\n" for name in given).strip()
            or "targets stay as they are"
        )
    say("  → organiser scan reads them")


@command.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.pass_context
def remove(ctx: click.Context, paths: tuple[str, ...]) -> None:
    """Take back the roots PATHS: erase everything derived from photos that lie only there.

    What people corrected is kept with the photos it belongs to, in case they come back; organiser forget erases that
    too. The photos themselves are not touched.
    """
    from organiser.jobs.actions import forget

    services = context.services(ctx)
    for path in paths:
        root, erased = forget.remove_root(services, path)
        say(f"{root.path} is no root any more; erased {erased.in_words()}")
        for note in erased.notes:
            say(f"  {note}")
