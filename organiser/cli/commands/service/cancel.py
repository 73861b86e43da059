"""`organiser cancel`: stop a run."""

import click

from organiser.cli import context, output


@click.command("cancel")
@click.argument("run_id", metavar="RUN", type=int)
@click.pass_context
def command(ctx: click.Context, run_id: int) -> None:
    """Stop the run of that number (see `organiser status`); what it did stays done.

    What it leaves undone is left lying until `organiser resume` or the next run, scheduled ones included.

    \b
    organiser cancel 12
    """
    from organiser.jobs.views import status

    status.cancel(context.services(ctx), run_id)
    output.say(f"run {run_id} is cancelled")
