"""`organiser report`: a page to look at."""

import click

from organiser.cli import context
from organiser.cli.output import say, tell
from organiser.cli.query_words import QueryCommand, QueryWord, read_query


@click.command("report", cls=QueryCommand)
@click.argument("query", nargs=-1, type=QueryWord())
@click.option("--out", metavar="DIR|FILE.html", required=True, type=click.Path(), help="Where the page is written.")
@click.option("--title", default="Photos", show_default=True, help="Heading of the page.")
@click.option("--sort", metavar="KEYS", help="taken, added, confidence, faces or path, with + or -.")
@click.pass_context
def command(ctx: click.Context, query: tuple[str, ...], out: str, title: str, sort: str | None) -> None:
    """Write one self-contained page of the photos that QUERY selects, or of all; it needs no network.

    Thumbnails, face boxes, probabilities, filters and a time line. The page's path goes to stdout.

    \b
    organiser report --out ~/report
    organiser report emotion:happy taken:2024 --out happy-2024.html --title 'Happy 2024'
    """
    from datetime import datetime
    from pathlib import Path

    from organiser.jobs.views.report import report

    settings = context.settings(ctx)
    now = datetime.now().astimezone()
    asked = read_query(query, sort)
    done = report(context.index(ctx), settings.roots, asked, Path(out), title=title, now=now)
    tell(str(done.page))
    say(f"{done.photos} photos, {done.faces} faces, {done.size / 1e6:.1f} MB")
