"""What every command starts with: the settings from flags and environment, the index, the services."""

import os
from typing import TYPE_CHECKING, Any

import click

from organiser.settings.reading import Reading, load, read
from organiser.settings.values import Settings

if TYPE_CHECKING:
    from organiser.index.db.engine import Index, Transaction
    from organiser.jobs.services import Services


def settings(ctx: click.Context, **flags: Any) -> Settings:
    """Read the settings; `flags` are the command's own values by key, None where not given.

    Raises:
        SettingsError: a value cannot be what was given.
    """
    return load(os.environ, {**(ctx.find_root().obj or {}), **flags})


def reading(ctx: click.Context) -> Reading:
    """Read the settings whatever is wrong with them."""
    return read(os.environ, ctx.find_root().obj or {})


def index(ctx: click.Context) -> "Index":
    """Open the index for a command that only asks or records; loads no network."""
    from organiser.bootstrap import open_index

    return open_index(settings(ctx))


def say_if_empty(tx: "Transaction") -> None:
    """Say that there is no photo because nothing was ever scanned."""
    from organiser.cli.output import say
    from organiser.index.tables import roots

    if not roots.every(tx):
        say("the index is empty: organiser scan FOLDER reads the photos of a folder")


def services(ctx: click.Context, **flags: Any) -> "Services":
    """Build what handlers work with."""
    from organiser.bootstrap import open_services

    return open_services(settings(ctx, **flags))
