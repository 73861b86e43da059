"""`organiser models`: list, add, check and choose model bundles."""

from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context
from organiser.cli.output import chosen, format_options, say, write_rows

if TYPE_CHECKING:
    from organiser.jobs.actions.models import KnownModel

_COLUMNS = ("model", "id", "subject", "active", "shipped", "predictions", "labels", "path")


@click.group("models")
def command() -> None:
    """List, add, check and choose models.

    \b
    organiser models list
    organiser models add ~/runs/better/bundle
    organiser models use better@2 && organiser reclassify
    """


@command.command("list")
@format_options()
@click.pass_context
def list_(ctx: click.Context, form: str | None) -> None:
    """List the models that are known; one of them is active."""
    from organiser.jobs.actions import models

    write_rows(map(_row, models.listed(context.index(ctx), context.settings(ctx).home)), _COLUMNS, chosen(form))


@command.command()
@click.argument("bundle", type=click.Path(exists=True, file_okay=False))
@click.pass_context
def add(ctx: click.Context, bundle: str) -> None:
    """Verify the directory BUNDLE and copy it into the organiser's home."""
    import time
    from pathlib import Path

    from organiser.jobs.actions import models

    added = models.add(context.index(ctx), context.settings(ctx).home, Path(bundle), time.time())
    say(f"added {added.label} ({added.digest[:12]})")
    say(f"  → organiser models use {added.digest[:12]}")


@command.command()
@click.argument("model")
@click.pass_context
def use(ctx: click.Context, model: str) -> None:
    """Judge with MODEL from now on: name@version, the first digits of a digest, or "shipped"."""
    from organiser.jobs.actions import models

    used = models.use(context.index(ctx), model, context.settings(ctx).home)
    say(f"{used.label} judges from now on")
    say("  → organiser reclassify judges with it what is in the index")


@command.command()
@click.pass_context
def rollback(ctx: click.Context) -> None:
    """Judge again with the model that was in use before the present one.

    What it had predicted is kept, so that only verdicts are made anew.

    \b
    organiser models rollback && organiser reclassify
    """
    from organiser.jobs.actions import models

    used = models.roll_back(context.index(ctx), context.settings(ctx).home)
    say(f"{used.label} judges from now on")
    say("  → organiser reclassify has its verdicts again")


@command.command()
@click.argument("model")
@click.pass_context
def remove(ctx: click.Context, model: str) -> None:
    """Forget MODEL and everything it predicted."""
    from organiser.jobs.actions import models

    gone = models.remove(context.index(ctx), context.settings(ctx).home, model)
    say(f"removed {gone.label} and its {gone.predictions} predictions")


@command.command()
@format_options()
@click.pass_context
def verify(ctx: click.Context, form: str | None) -> None:
    """Check every file of every model against its digest; exit code 1 when one is altered or gone."""
    from organiser.jobs.actions import models

    found = models.verify(context.index(ctx), context.settings(ctx).home)
    rows = (_row(model) | {"intact": model.trouble is None, "trouble": model.trouble} for model in found)
    write_rows(rows, ("model", "id", "intact", "trouble", "path"), chosen(form))
    if any(model.trouble for model in found):
        ctx.exit(1)


def _row(model: "KnownModel") -> dict[str, Any]:
    return {
        "model": model.label,
        "name": model.name,
        "version": model.version,
        "id": model.digest[:12],
        "digest": model.digest,
        "subject": model.subject,
        "active": model.active,
        "shipped": model.shipped,
        "predictions": model.predictions,
        "labels": list(model.labels),
        "path": model.path,
    }
