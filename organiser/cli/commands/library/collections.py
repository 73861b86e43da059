"""`organiser collections`: saved queries and where their photos are placed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context
from organiser.cli.output import chosen, format_options, say, tell, write_json, write_rows
from organiser.core.collections.placement import PlacementMode

if TYPE_CHECKING:
    from organiser.index.tables.collections import SavedCollection
    from organiser.jobs.outcome import Outcome
    from organiser.jobs.services import Services

_COLUMNS = ("name", "query", "mode", "target", "layout", "placed", "held")
_STEPS = ("collection", "act", "destination", "source")
_MODE = click.Choice(list(map(str, PlacementMode)))
_FOLDER = click.Path(file_okay=False, resolve_path=True)


@click.group("collections")
def command() -> None:
    """Happy, sad and your own: folders and tags that follow a query.

    \b
    organiser collections edit happy --to ~/Collections/happy
    organiser collections add review 'reason:unsure faces:1..' --to ~/Collections/review --mode symlink
    organiser collections sync --dry-run
    organiser collections undo
    organiser collections sync happy      follow its query again
    """


@command.command("list")
@format_options()
@click.pass_context
def list_(ctx: click.Context, form: str | None) -> None:
    """List the collections."""
    from organiser.index.db.engine import reading
    from organiser.index.tables import collections

    with reading(context.index(ctx)) as tx:
        held_ids = collections.held(tx)
        every = [(collection, collections.count_placements(tx, collection.id)) for collection in collections.every(tx)]
    rows = (_row(collection) | {"placed": placed, "held": collection.id in held_ids} for collection, placed in every)
    write_rows(rows, _COLUMNS, chosen(form))


@command.command()
@click.argument("name")
@click.argument("query")
@click.option("--to", "target", metavar="DIR", type=_FOLDER, help="Where its photos are placed; without, nowhere.")
@click.option("--mode", type=_MODE, default="auto", show_default=True, help="How photos get there.")
@click.option("--layout", metavar="TEMPLATE", help="Path below DIR, e.g. '{taken:%Y}/{taken:%m}/{name}'.")
@click.pass_context
def add(ctx: click.Context, name: str, query: str, target: str | None, mode: str, layout: str | None) -> None:
    """Save QUERY as the collection NAME."""
    from organiser.core.collections.collection import Collection
    from organiser.jobs.collections import manage

    manage.add(context.services(ctx), Collection(name, query, PlacementMode(mode), target, layout))
    say(f"added {name}")
    if target is not None or mode == PlacementMode.TAG:
        say(f"  → organiser collections sync {name}")


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Tell everything of the collection NAME, how much it selects and how much is placed."""
    from datetime import datetime

    from organiser.core.query.parse import parse
    from organiser.index.db.engine import reading
    from organiser.index.search import find
    from organiser.index.tables import collections

    engine = context.index(ctx)
    with reading(engine) as tx:
        collection = _named(collections.get(tx, name), name)
        selected = find.count(tx, parse(collection.collection.query, datetime.now()))  # noqa: DTZ005 - people's own clock
        row = _row(collection) | {"selected": selected, "placed": collections.count_placements(tx, collection.id)}
        row |= {"held": collection.id in collections.held(tx)}
    if as_json:
        write_json(row)
        return
    for word, value in row.items():
        tell(f"{word:9} {'' if value is None else value}".rstrip())


@command.command()
@click.argument("name")
@click.option("--query", help="What it selects.")
@click.option("--to", "target", metavar="DIR", type=_FOLDER, help="Where its photos are placed.")
@click.option("--nowhere", is_flag=True, help="Place nothing any more.")
@click.option("--mode", type=_MODE, help="How photos get there.")
@click.option("--layout", metavar="TEMPLATE", help="Path below DIR; '' for the default.")
@click.option("--name", "renamed", metavar="NEW", help="Another name.")
@click.option("--keep-files", is_flag=True, help="Leave what was placed in the old DIR where it is.")
@click.pass_context
def edit(
    ctx: click.Context,
    name: str,
    query: str | None,
    target: str | None,
    nowhere: bool,
    mode: str | None,
    layout: str | None,
    renamed: str | None,
    keep_files: bool,
) -> None:
    """Change the collection NAME; when its target changes, what was placed in the old one is taken away first."""
    from dataclasses import replace

    from organiser.jobs.collections import manage

    if nowhere and target is not None:
        raise click.UsageError("--to and --nowhere contradict each other")
    services = context.services(ctx)
    collection = _get(services, name)
    wanted = collection.collection
    changes: dict[str, Any] = {"query": query, "target": target, "name": renamed}
    changes |= {"mode": None if mode is None else PlacementMode(mode)}
    wanted = replace(wanted, **{key: value for key, value in changes.items() if value is not None})
    wanted = wanted if layout is None else replace(wanted, layout=layout or None)
    wanted = replace(wanted, target=None) if nowhere else wanted
    if wanted == collection.collection:
        raise click.UsageError("say what to change")
    manage.edit(services, collection, wanted, keep_files=keep_files)
    say(f"changed {wanted.name}")


@command.command()
@click.argument("name")
@click.option("--keep-files", is_flag=True, help="Leave what was placed where it is.")
@click.pass_context
def remove(ctx: click.Context, name: str, keep_files: bool) -> None:
    """Forget the collection NAME and take away what was placed for it; the photos themselves stay."""
    from organiser.jobs.collections import manage

    services = context.services(ctx)
    done = manage.remove(services, _get(services, name), keep_files=keep_files)
    say(f"removed {name}")
    _tell_done(done)


@command.command()
@click.argument("names", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@click.option("--recreate", is_flag=True, help="Fill the folders of NAMES anew that somebody removed.")
@click.option(
    "--keep", multiple=True, metavar="PHOTO", help="Leave PHOTO, which would be taken away, as your own file."
)
@click.option(
    "--drop", multiple=True, metavar="PHOTO", help="Take PHOTO away for good, though it may be the last copy."
)
@format_options()
@click.pass_context
def sync(
    ctx: click.Context,
    names: tuple[str, ...],
    dry_run: bool,
    recreate: bool,
    keep: tuple[str, ...],
    drop: tuple[str, ...],
    form: str | None,
) -> None:
    """Bring the collections NAMES, or all, in line with their queries; twice changes nothing.

    One that is held since it was undone follows its query again. A folder that is gone is taken for a disk that is not
    mounted, and left; --recreate makes it again. Exit code 3 when something could not be placed. With --dry-run the
    steps are listed on stdout; --keep and --drop take a photo by the path that stands there as its destination.

    \b
    organiser collections sync --dry-run
    organiser collections sync happy --keep party.jpg
    """
    from organiser.core.collections.collection import Choices
    from organiser.jobs.collections import manage

    if recreate and not names:
        raise click.UsageError("--recreate needs the names of the collections")
    if (keep or drop) and (len(names) != 1 or dry_run):
        raise click.UsageError("--keep and --drop need the name of one collection")
    services = context.services(ctx)
    picked = [_get(services, name) for name in names]
    if dry_run:
        write_rows(_steps(services, {collection.id for collection in picked}), _STEPS, chosen(form))
        return
    choices = Choices(frozenset(keep), frozenset(drop))
    each = (manage.sync_one(services, collection, recreate=recreate, choices=choices) for collection in picked)
    done = list(each) if names else [manage.sync_all(services)]
    for outcome in done:
        _tell_done(outcome, nothing="everything is in place")
    if any(outcome.counts["not_placed"] for outcome in done):
        ctx.exit(3)


@command.command()
@click.argument("names", nargs=-1)
@format_options()
@click.pass_context
def verify(ctx: click.Context, names: tuple[str, ...], form: str | None) -> None:
    """Read again everything placed in the collections NAMES, or all; exit code 1 when something was changed."""
    from organiser.index.db.engine import reading
    from organiser.index.tables import collections
    from organiser.jobs.collections import manage

    services = context.services(ctx)
    with reading(services.engine) as tx:
        every = collections.every(tx)
    wanted = [_get(services, name) for name in names] or every
    found = [check for collection in wanted for check in manage.verify(services, collection)]
    rows = (
        {"collection": collection.collection, "state": collection.state, "destination": collection.destination}
        for collection in found
    )
    write_rows(rows, ("collection", "state", "destination"), chosen(form))
    if found:
        ctx.exit(1)
    say("everything is as it was placed")


@command.command()
@click.argument("names", nargs=-1)
@click.option("--accept", is_flag=True, help="Take what is listed as corrections.")
@format_options()
@click.pass_context
def status(ctx: click.Context, names: tuple[str, ...], accept: bool, form: str | None) -> None:
    """List photos that somebody moved by hand from one collection's folder into that of NAMES, or of any other.

    Each is offered as a correction: a photo moved from happy to sad is sad. Nothing is taken by itself; until then a sync
    leaves both folders as they are. Only files that are proved to be ours count, also under another name, and only moves
    into collections that mean one emotion. To take a move back, move the file back.

    \b
    organiser collections status
    organiser collections status --accept
    organiser collections status sad --accept
    """
    from organiser.cli.commands.corrections.correct import who
    from organiser.jobs.corrections import moved_files

    services = context.services(ctx)
    wanted = {_get(services, name).id for name in names}
    found = [item for item in moved_files.offers(services) if not wanted or item.new.id in wanted]
    if not found and form is None:
        say("nothing was moved by hand")
        return
    rows = (
        {
            "moved": moved_files.old_path(item),
            "to": item.new.collection.name,
            "file": item.destination,
            "correction": item.emotion,
            "photo": item.placed.source,
        }
        for item in found
    )
    write_rows(rows, ("moved", "to", "file", "correction", "photo"), chosen(form))
    if found and accept:
        _tell_done(moved_files.accept(services, found, who()))
    elif found:
        say("  → organiser collections status --accept")


@command.command()
@click.argument("run", type=int, required=False)
@click.pass_context
def undo(ctx: click.Context, run: int | None) -> None:
    """Undo what RUN, or the newest run that placed anything, did to files and tags; newest step first.

    The collections it touched are then held: no scan, correction or service places anything in them until
    `organiser collections sync NAME` says so. What somebody changed since is left alone and told; exit code 3 then.
    organiser status lists runs.
    """
    from organiser.jobs.collections import undo as undoing

    done = undoing.undo(context.services(ctx), run)
    _tell_done(done)
    if done.counts["not undone"]:
        ctx.exit(3)


def _get(services: "Services", name: str) -> "SavedCollection":
    from organiser.index.db.engine import reading
    from organiser.index.tables import collections

    with reading(services.engine) as tx:
        return _named(collections.get(tx, name), name)


def _named(collection: "SavedCollection | None", name: str) -> "SavedCollection":
    from organiser.errors import Permanent

    if collection is None:
        raise Permanent(f"there is no collection {name!r}", "organiser collections list shows them")
    return collection


def _steps(services: "Services", ids: set[int]) -> Iterator[dict[str, Any]]:
    from organiser.core.collections.placement import ends_of
    from organiser.jobs.collections import manage

    for saved, difference in manage.differences(services):
        for step in difference.plan.steps if saved.id in ids or not ids else ():
            destination, source = ends_of(step)
            shown = {"collection": saved.collection.name, "act": type(step).__name__.lower()}
            yield shown | {"destination": destination, "source": source}


def _tell_done(done: "Outcome", nothing: str = "") -> None:
    counted = [f"{count} {word.replace('_', ' ')}" for word, count in done.counts.items() if count]
    if counted or nothing:
        say(", ".join(counted) or nothing)
    for note in done.notes:
        say(f"  {note}")


def _row(collection: "SavedCollection") -> dict[str, Any]:
    saved = collection.collection
    plain = {"name": saved.name, "query": saved.query, "mode": saved.mode}
    return plain | {"target": saved.target, "layout": saved.layout}
