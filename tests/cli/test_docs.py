"""The documentation says what the program says."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from docs.reference import PAGES
from organiser.cli.main import group
from tests.cli.command import Organiser

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_is_what_would_be_written_now(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run python docs/reference.py"


def _commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    yield context.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands(inner, click.Context(inner, info_name=name, parent=context))


def test_every_command_and_option_says_what_it_does() -> None:
    for path, command in _commands(group, click.Context(group, info_name="organiser", **group.context_settings)):
        assert len((command.help or "").splitlines()[0]) > 10, path
        for option in command.params:
            assert not isinstance(option, click.Option) or option.help, f"{path} {option.name}"


@pytest.mark.parametrize("command", ["find", "show", "roots list", "failures list", "corrections list", "doctor"])
def test_every_key_of_a_listing_is_documented(organiser: Organiser, photos: Path, command: str) -> None:
    text = (DOCS / "json-schema.md").read_text("utf-8")
    where = [str(photos / "happy.jpg")] if command == "show" else []
    organiser("correct", photos / "2023" / "pair.jpg", "--face", "1", "--as", "sad")
    for load in json.loads(organiser(*command.split(), *where, "--json").out):
        assert [key for key in load if f"`{key}`" not in text] == []
