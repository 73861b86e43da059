"""`organiser schedule`: do work at set times."""

import click

from organiser.cli import context, output
from organiser.errors import SettingsError

_COLUMNS = ("name", "cron", "action", "arguments", "on", "next", "last")


@click.group("schedule")
def command() -> None:
    """Work done at set times, kept in the index and started by `organiser up` or `organiser beat`.

    \b
    organiser schedule list
    organiser schedule add nightly '30 3 * * *' reclassify
    organiser schedule run nightly
    organiser schedule off nightly
    organiser schedule remove nightly
    """


@command.command("list")
@output.format_options()
@click.pass_context
def list_entries(ctx: click.Context, form: str | None) -> None:
    """List the entries and when each is due next.

    \b
    organiser schedule list
    organiser schedule list --json | jq -r '.[] | [.name, .next] | @tsv'
    """
    from organiser.index.db.engine import reading
    from organiser.index.tables import schedules as rows
    from organiser.jobs.actions import schedules

    with reading(context.index(ctx)) as tx:
        entries = [(entry, schedules.last_begun(tx, entry)) for entry in rows.every(tx)]
    listed = [
        {
            "name": entry.name,
            "cron": entry.cron,
            "action": entry.action,
            "arguments": entry.arguments,
            "on": entry.enabled,
            "next": output.moment(schedules.next_after(entry.cron, entry.last_run)) if entry.enabled else None,
            "last": output.moment(begun),
        }
        for entry, begun in entries
    ]
    output.write_rows(listed, _COLUMNS, output.chosen(form))


@command.command("add")
@click.argument("name")
@click.argument("cron")
@click.argument("action", metavar="ACTION", type=click.Choice(["reclassify", "scan", "collections", "sweep"]))
@click.argument("words", nargs=-1, metavar="[QUERY|ROOT]")
@click.option("--model", help="reclassify: make this model the active one.")
@click.option(
    "--estimate-mixture", "mixture", is_flag=True, help="reclassify: estimate anew how common each emotion is."
)
@click.pass_context
def add(
    ctx: click.Context, name: str, cron: str, action: str, words: tuple[str, ...], model: str | None, mixture: bool
) -> None:
    """Do ACTION whenever CRON says so, in local time; an entry of the same NAME is replaced.

    CRON is minute, hour, day, month, weekday, in quotes; a sixth field counts seconds. reclassify takes a QUERY, scan a
    ROOT (without one, all), collections brings every collection in line, sweep queues what is due.

    \b
    organiser schedule add nightly '30 3 * * *' reclassify
    organiser schedule add party '0 * * * *' scan ~/Pictures/Party
    """
    import os

    from organiser.index.db.engine import writing
    from organiser.jobs.actions import schedules
    from organiser.jobs.paths import in_index

    text = " ".join(words)
    if text and action not in ("reclassify", "scan"):
        raise click.UsageError(f"{action} takes no further words")
    if (model or mixture) and action != "reclassify":
        raise click.UsageError("--model and --estimate-mixture go with reclassify")
    if model and mixture:
        raise click.UsageError("--model and --estimate-mixture exclude each other")
    mounts = context.settings(ctx).roots
    key, value = ("root", in_index(mounts, os.path.abspath(text))) if action == "scan" and text else ("query", text)
    given = (key, value), ("model", model), ("estimate_mixture", mixture)
    arguments = {word: it for word, it in given if it}
    services = context.services(ctx)
    with writing(services.engine) as tx:
        schedules.add(tx, name, cron, action, arguments, services.clock())
    due = output.moment(schedules.next_after(cron, services.clock()))
    output.say(f"{name}: {action}, next at {due}")


@command.command("remove")
@click.argument("name")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Remove an entry; one that came with the index stays removed too.

    \b
    organiser schedule remove party
    """
    from organiser.index.db.engine import writing
    from organiser.index.tables import schedules as rows

    with writing(context.index(ctx)) as tx:
        if not rows.remove(tx, name):
            raise SettingsError(f"there is no entry {name!r}", "see `organiser schedule list`")


@command.command("off")
@click.argument("name")
@click.pass_context
def off(ctx: click.Context, name: str) -> None:
    """Leave an entry's times alone until it is switched on again.

    \b
    organiser schedule off nightly-scan
    """
    _switch(ctx, name, on=False)


@command.command("on")
@click.argument("name")
@click.pass_context
def on(ctx: click.Context, name: str) -> None:
    """Do an entry's work at its times again, from now on.

    \b
    organiser schedule on nightly-scan
    """
    _switch(ctx, name, on=True)


def _switch(ctx: click.Context, name: str, *, on: bool) -> None:
    import time

    from organiser.index.db.engine import writing
    from organiser.index.tables import schedules as rows

    with writing(context.index(ctx)) as tx:
        if not rows.switch(tx, name, on=on, now=time.time()):
            raise SettingsError(f"there is no entry {name!r}", "see `organiser schedule list`")


@command.command("run")
@click.argument("name")
@click.pass_context
def run(ctx: click.Context, name: str) -> None:
    """Do an entry's work now, whatever its time; it needs a queue.

    \b
    organiser schedule run nightly-scan
    """
    from organiser.bootstrap import open_queue
    from organiser.index.db.engine import reading
    from organiser.index.tables import schedules as rows
    from organiser.jobs.actions import schedules

    services = context.services(ctx)
    with reading(services.engine) as tx:
        entry = rows.by_name(tx, name)
    if entry is None:
        raise SettingsError(f"there is no entry {name!r}", "see `organiser schedule list`")
    queue = open_queue(context.settings(ctx))
    if queue is None:
        raise SettingsError("there is no queue", "set ORGANISER_BROKER_URL, or start `organiser up`")
    messages = schedules.begin(services, entry.action, entry.arguments, schedules.origin_by_hand(name), queue.submit)
    output.say(f"{name} has begun" if messages else f"{name} is going on already, or there is nothing to do")
