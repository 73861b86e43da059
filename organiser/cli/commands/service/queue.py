"""`organiser queue`: rebuild the queue from the index."""

import click

from organiser.cli import context, output
from organiser.errors import SettingsError


@click.group("queue")
def command() -> None:
    """The queue is a hint, the index is the truth: it may be wiped at any time.

    \b
    organiser queue rebuild     after a broker lost what it held
    """


@command.command("rebuild")
@click.pass_context
def rebuild(ctx: click.Context) -> None:
    """Queue everything that is due, and take back what dead workers held. Twice queued is done once.

    The service does so by itself within a minute; by hand it happens at once.

    \b
    organiser queue rebuild
    """
    from organiser.bootstrap import open_queue
    from organiser.jobs.actions import schedules

    services = context.services(ctx)
    queue = open_queue(context.settings(ctx))
    if queue is None:
        raise SettingsError("there is no queue", "set ORGANISER_BROKER_URL, or start `organiser up`")
    messages = schedules.begin(services, "sweep", {}, "command line", queue.submit)
    output.say("asked the workers to queue what is due" if messages else "that is going on already")
