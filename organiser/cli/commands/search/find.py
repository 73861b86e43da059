"""`organiser find`: the photos a query selects, streamed."""

from typing import TYPE_CHECKING, Any

import click

from organiser.cli import context
from organiser.cli.output import Format, chosen, format_options, tell, write_rows
from organiser.cli.query_words import QueryCommand, QueryWord, read_query

if TYPE_CHECKING:
    from organiser.index.search.find import Row

_COLUMNS = ("path", "emotion", "confidence", "reason", "faces", "taken", "camera")
_TABLE = ("emotion", "confidence", "reason", "faces", "taken", "path")


@click.command("find", cls=QueryCommand)
@click.argument("query", nargs=-1, type=QueryWord())
@format_options(paths=True)
@click.option("--sort", metavar="KEYS", help="taken, added, confidence, faces or path, with + or -; e.g. confidence-")
@click.option("--limit", type=click.IntRange(min=0), help="At most this many.")
@click.option("--count", is_flag=True, help="Only how many.")
@click.pass_context
def command(
    ctx: click.Context, query: tuple[str, ...], form: str | None, sort: str | None, limit: int | None, count: bool
) -> None:
    """List the photos that QUERY selects; without QUERY, all.

    On a terminal a table, elsewhere bare paths. docs/query-language.md has the whole language.

    \b
    organiser find emotion:happy confidence:0.9.. taken:2024-05..2024-08
    organiser find 'faces:2.. path:holiday -path:Screenshots'
    organiser find 'reason:mixed added:-1w.. , emotion:sad' --json
    organiser find emotion:happy -0 | xargs -0 cp -t ~/album
    """
    from organiser.index.db.engine import reading
    from organiser.index.search import find

    asked = read_query(query, sort)
    with reading(context.index(ctx)) as tx:
        context.say_if_empty(tx)
        if count:
            found = find.count(tx, asked)
            tell(str(found if limit is None else min(found, limit)))
            return
        shape = chosen(form, piped=Format.PATHS)
        columns = _TABLE if shape is Format.TABLE else _COLUMNS
        write_rows(map(as_row, find.rows(tx, asked, limit)), columns, shape, nothing="no photos")


def as_row(found: "Row") -> dict[str, Any]:
    """Return a found photo as a line of a listing."""
    return {
        "path": found.path,
        "emotion": found.emotion,
        "confidence": None if found.confidence is None else round(found.confidence, 4),
        "reason": found.reason,
        "faces": found.faces,
        "taken": None if found.taken is None else found.taken.isoformat(),
        "camera": found.camera,
        "width": found.width,
        "height": found.height,
        "model": found.model,
        "root": found.root,
        "files": found.files,
    }
