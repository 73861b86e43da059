"""`organiser stats`: the library in numbers."""

from collections.abc import Iterator
from typing import Any

import click

from organiser.cli import context
from organiser.cli.output import Format, chosen, format_options, say, write_rows
from organiser.cli.query_words import QueryCommand, QueryWord, read_query

_BY = ("emotion", "reason", "faces", "month", "folder", "camera", "failure")
_BY_NAME = ("faces", "month", "folder")
_MOST = 10


@click.command("stats", cls=QueryCommand)
@click.argument("query", nargs=-1, type=QueryWord())
@click.option("--by", type=click.Choice(_BY), help="Only this, and all of it.")
@format_options()
@click.pass_context
def command(ctx: click.Context, query: tuple[str, ...], by: str | None, form: str | None) -> None:
    """Count the photos of QUERY, or all, by emotion, reason, faces, month, folder and camera; failures by kind.

    A table shows the ten largest of each; --by and the other formats show all.

    \b
    organiser stats
    organiser stats taken:2024 --by month
    organiser stats --json | jq '.[] | select(.by == "emotion")'
    """
    from organiser.index.db.engine import reading
    from organiser.index.views.stats import tallies

    shape = chosen(form)
    with reading(context.index(ctx)) as tx:
        context.say_if_empty(tx)
        found = tallies(tx, read_query(query))
    most = _MOST if shape is Format.TABLE and by is None else None

    def rows() -> Iterator[dict[str, Any]]:
        for each in _BY if by is None else (by,):
            largest = found[each].most_common(most)
            ordered = sorted(largest, key=_by_name) if each in _BY_NAME else largest
            yield from ({"by": each, "value": value, "count": count} for value, count in ordered)
            if most is not None and len(found[each]) > most:
                say(f"{each}: {len(found[each]) - most} more; --by {each} shows all")

    write_rows(rows(), ("by", "value", "count"), shape, nothing="no photos")


def _by_name(pair: tuple[str, int]) -> tuple[float, str]:
    """Numbers by value, then texts by name."""
    value = pair[0]
    return (float(value), "") if value.isdigit() else (float("inf"), value)
