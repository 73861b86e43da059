"""Queries on a command line: words that begin with a minus are terms, not options, and several words are one query."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from organiser.core.query.terms import Query

_SHIELD = "\0"  # no argument of a process can hold it


class QueryWord(click.ParamType["str"]):
    """The type of a query argument; `QueryCommand` shields its minus from the option parser."""

    name = "query"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value).removeprefix(_SHIELD)


class QueryCommand(click.Command):
    """A command whose arguments are a query: `-path:Screenshots` is a term, `--limit` still an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = {name for param in self.get_params(ctx) for name in param.opts}
        end = args.index("--") if "--" in args else len(args)
        return super().parse_args(ctx, [*(_shielded(arg, options) for arg in args[:end]), *args[end:]])


def read_query(words: tuple[str, ...], sort: str | None = None) -> "Query":
    """Return the query of a command line's words; `sort` takes the place of the order it names.

    Raises:
        QueryError: it does not parse.
    """
    from dataclasses import replace
    from datetime import datetime

    from organiser.core.query.parse import parse, parse_order, query_text

    asked = parse(query_text(words), datetime.now())  # noqa: DTZ005 - people mean their own clock
    return asked if sort is None else replace(asked, order=parse_order(sort))


def _shielded(arg: str, options: set[str]) -> str:
    term = arg.startswith("-") and not arg.startswith("--") and len(arg) > 1 and arg not in options
    return _SHIELD + arg if term else arg
