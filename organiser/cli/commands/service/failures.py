"""`organiser failures`: what could not be done, and trying it again."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from organiser.cli import context
from organiser.cli.output import chosen, format_options, moment, say, write_rows

_COLUMNS = ("path", "kind", "reason", "stage", "attempts", "at", "retry_at")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def _selection(command: _Command) -> _Command:
    command = click.option("--kind", metavar="KIND", help="Only failures of this kind, e.g. truncated.")(command)
    return click.argument("paths", nargs=-1, type=click.Path())(command)


@click.group("failures")
def command() -> None:
    """List and retry what could not be done.

    \b
    organiser failures list --kind truncated
    organiser failures retry ~/Pictures/2024
    organiser failures retry --all
    """


@command.command("list")
@_selection
@format_options(paths=True)
@click.pass_context
def list_(ctx: click.Context, paths: tuple[str, ...], kind: str | None, form: str | None) -> None:
    """List failures, newest first; those with a time in `retry at` are tried again by themselves.

    \b
    organiser failures list
    organiser failures list ~/Pictures/2024 --kind truncated --paths
    """
    from organiser.jobs.actions import failures

    found = failures.listed(context.index(ctx), context.settings(ctx).roots, paths, kind)
    rows = (
        {
            "path": failure.path,
            "kind": failure.kind,
            "reason": failure.reason,
            "stage": failure.stage,
            "attempts": failure.attempts,
            "at": moment(failure.at),
            "retry_at": moment(failure.retry_at),
        }
        for failure in found
    )
    write_rows(rows, _COLUMNS, chosen(form), nothing="no failures")


@command.command()
@_selection
@click.option("--all", "everything", is_flag=True, help="Every failure there is.")
@click.pass_context
def retry(ctx: click.Context, paths: tuple[str, ...], kind: str | None, everything: bool) -> None:
    """Let the next scan try again what failed at or below PATHS.

    \b
    organiser failures retry ~/Pictures/2024
    organiser failures retry --kind crashed
    organiser failures retry --all
    """
    from organiser.jobs.actions import failures

    _need_some(paths, kind, everything)
    count = failures.retry(context.index(ctx), context.settings(ctx).roots, paths, kind)
    say(f"{count} due again; the next organiser scan tries them")


@command.command()
@_selection
@click.option("--all", "everything", is_flag=True, help="Every failure there is.")
@click.pass_context
def forget(ctx: click.Context, paths: tuple[str, ...], kind: str | None, everything: bool) -> None:
    """Stop listing what failed at or below PATHS.

    What cannot be read for good is read again only when its file changes; what may pass is tried again at once.

    \b
    organiser failures forget ~/Pictures/scraps
    organiser failures forget --all
    """
    from organiser.jobs.actions import failures

    _need_some(paths, kind, everything)
    count = failures.forget(context.index(ctx), context.settings(ctx).roots, paths, kind)
    say(f"{count} no longer listed")


def _need_some(paths: tuple[str, ...], kind: str | None, everything: bool) -> None:
    if not (paths or kind or everything):
        raise click.UsageError("name paths or a --kind, or say --all")
