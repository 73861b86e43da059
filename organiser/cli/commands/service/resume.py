"""`organiser resume`: take work again."""

import click

from organiser.cli import context, output


@click.command("resume")
@click.argument("steps", nargs=-1, metavar="[STEP]…")
@click.pass_context
def command(ctx: click.Context, steps: tuple[str, ...]) -> None:
    """Take work of these steps again, or of all, and queue what waited in the meantime.

    \b
    organiser resume
    organiser resume judge
    """
    from organiser.bootstrap import open_queue
    from organiser.jobs.messages import Sweep
    from organiser.jobs.views import status

    status.resume(context.services(ctx), steps)
    queue = open_queue(context.settings(ctx))
    if queue is not None:
        queue.submit([Sweep()])
    output.say(f"going on: {', '.join(steps) or 'everything'}")
