"""Queries on a command line: words that begin with a minus are terms, not options, and several words are one query."""

from collections.abc import Container
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from organiser.core.query.terms import Query

_YES_NO = ("yes", "no")
_SHIELD = "\0"  # no argument of a process can hold it


class QueryWord(click.ParamType["str"]):
    """The type of a query argument; `QueryCommand` shields its minus from the option parser."""

    name = "query"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value).removeprefix(_SHIELD)


class QueryCommand(click.Command):
    """A command whose arguments are a query: `-path:Screenshots` is a term, `--limit` still an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name: param for param in self.get_params(ctx) for name in param.opts}
        end = args.index("--") if "--" in args else len(args)
        before = [None, *args]
        words = [
            arg if _takes_a_value(options.get(last or "")) else _shielded(arg, options)
            for last, arg in zip(before, args[:end], strict=False)
        ]
        return super().parse_args(ctx, [*words, *args[end:]])


def read_query(words: tuple[str, ...], sort: str | None = None) -> "Query":
    """Return the query of a command line's words; `sort` takes the place of the order it names.

    Says on stderr which words it looks for in paths only, since people mean emotions by some.

    Raises:
        QueryError: it does not parse.
    """
    from dataclasses import replace
    from datetime import datetime

    from organiser.cli.output import say
    from organiser.core.query.parse import bare_words, parse, parse_order, query_text

    text = query_text(words)
    asked = parse(text, datetime.now())  # noqa: DTZ005 - people mean their own clock
    for word in bare_words(text):
        say(f"{word} is looked for in paths, as path:{word}{_meant(word)}")
    return asked if sort is None else replace(asked, order=parse_order(sort))


def _meant(word: str) -> str:
    """The tests whose value a word is, after a semicolon, or nothing."""
    from organiser.core.query.fields import FIELDS, ChoiceField

    choices = {field: row.options for field, row in FIELDS.items() if isinstance(row, ChoiceField)}
    tests = [f"{field}:{word.lower()}" for field, options in choices.items() if word.lower() in options]
    return f"; did you mean {' or '.join(tests)}?" if tests and word.lower() not in _YES_NO else ""


def _takes_a_value(option: click.Parameter | None) -> bool:
    return isinstance(option, click.Option) and not option.is_flag and not option.count


def _shielded(arg: str, options: Container[str]) -> str:
    term = arg.startswith("-") and not arg.startswith("--") and len(arg) > 1 and arg not in options
    return _SHIELD + arg if term else arg
