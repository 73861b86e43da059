"""`organiser pause`: stop taking work."""

import click

from organiser.cli import context, output


@click.command("pause")
@click.argument("steps", nargs=-1, metavar="[STEP]…")
@click.pass_context
def command(ctx: click.Context, steps: tuple[str, ...]) -> None:
    """Take no more work of these steps (scan, detect, judge, place), or of all; what is in progress is finished.

    It holds for every process and across restarts, until `organiser resume`.

    \b
    organiser pause           everything
    organiser pause judge     let photos be read, leave judging for later
    """
    from organiser.jobs.views import status

    status.pause(context.services(ctx), steps)
    output.say(f"paused: {', '.join(steps) or 'everything'}")
