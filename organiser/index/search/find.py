"""Query → photos, from the index. Reads only.

Which photos, and in which order, is one narrow statement of ids (see `statements`); what a listing shows of them is
fetched by the page, so that memory does not grow with the answer.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, groupby, islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.exc import DataError

from organiser.core.photo import PhotoId
from organiser.core.query.format import format_query
from organiser.core.query.terms import Order, Query, full_order
from organiser.errors import QueryError
from organiser.index.db.schema import files, models, photos, roots, verdicts
from organiser.index.search.counting import count_statements
from organiser.index.search.facts import facts_of
from organiser.index.search.path_text import absolute
from organiser.index.search.position import Position, parts_behind
from organiser.index.search.shown_file import asks_for_files, shown_file
from organiser.index.search.statements import in_parts, select_ids
from organiser.index.tables.models import LABEL

_FIRST_PAGE = 100
_PAGE = 500


class Row(NamedTuple):
    """One photo of an answer.

    Attributes:
        path: absolute, of its first present file, or of its first missing one; where the query asks for a path or a
            root, of the first such file that has it; bytes that are no UTF-8 as surrogates.
        taken: local wall-clock time of exposure.
        emotion, confidence, reason, faces, model: its verdict, all None without one; `model` is name@version.
        files: how many files show it: the present ones, or the missing ones when none is present.
    """

    photo_id: PhotoId
    path: str
    root: str
    relpath: str
    taken: datetime | None
    camera: str | None
    width: int | None
    height: int | None
    emotion: str | None
    confidence: float | None
    reason: str | None
    faces: int | None
    model: str | None
    files: int


def rows(tx: Connection, query: Query, limit: int | None = None, after: Position | None = None) -> Iterator[Row]:
    """Give the photos that a query selects, in its order, one by one as they are found; only those behind `after`."""
    ids = photo_ids(tx, query, limit, after)
    chosen = asks_for_files(query)
    size = _FIRST_PAGE
    while page := list(islice(ids, size)):
        described = _describe(tx, page)
        yield from _answering(tx, query, page, described) if chosen else described
        size = _PAGE


def photo_ids(
    tx: Connection, query: Query, limit: int | None = None, after: Position | None = None
) -> Iterator[PhotoId]:
    """Give the ids of the photos that a query selects, in its order; only those behind `after`."""
    parts = [(part, None) for part in in_parts(tx, query)] if after is None else parts_behind(query, after)
    with _answerable(query):
        yield from islice(chain.from_iterable(_in_order(tx, part, limit, since) for part, since in parts), limit)


def count(tx: Connection, query: Query) -> int:
    """Count the photos that a query selects."""
    with _answerable(query):
        return sum(sign * tx.execute(statement).scalar_one() for sign, statement in count_statements(tx, query))


def _in_order(tx: Connection, query: Query, limit: int | None, after: Position | None) -> Iterator[PhotoId]:
    statements = select_ids(tx, query, after)
    if len(statements) == 1:
        return (row[0] for row in _stream(tx, statements[0].limit(limit)))
    (order,) = full_order(query)
    merged = heapq.merge(
        *(_stream(tx, statement) for statement in statements), key=_rank(order), reverse=order.descending
    )
    return (photo_id for photo_id, _ in groupby(PhotoId(row[0]) for row in merged))


@contextmanager
def _answerable(query: Query) -> Iterator[None]:
    """Postgres reads regular expressions by its own rules; one that it cannot read is the query's fault."""
    try:
        yield
    except DataError as error:
        raise QueryError(format_query(query), 0, f"the database cannot answer this: {error.orig}") from error


def _stream(tx: Connection, statement: Select[Any]) -> Iterator[Sequence[Any]]:
    result = tx.execute(statement, execution_options={"stream_results": True})
    size = _FIRST_PAGE
    try:
        while page := result.fetchmany(size):
            yield from page
            size = _PAGE
    finally:
        result.close()


def _rank(order: Order) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """How rows of (photo id, taken) compare: those without a time come last."""
    if order.descending:
        return lambda row: (row[1] or "", row[0])
    return lambda row: (row[1] is None, row[1] or "", row[0])


def described(tx: Connection, photo_ids: Sequence[PhotoId]) -> list[Row]:
    """Return what a listing shows of these photos, in this order; those that are gone are left out."""
    return list(_describe(tx, photo_ids))


def _describe(tx: Connection, page: Sequence[PhotoId]) -> Iterator[Row]:
    described = {row[0]: row for row in tx.execute(_DESCRIBED.where(photos.c.id.in_(page)))}
    for photo_id in page:
        if photo_id in described:  # on Postgres a photo may be forgotten between two pages
            _, root, relpath, *others = described[photo_id]
            yield Row(photo_id, absolute(root, relpath), root, relpath, *others)


def _answering(tx: Connection, query: Query, page: Sequence[PhotoId], described: Iterator[Row]) -> Iterator[Row]:
    """Show of each photo the file that the query asks for, where it has several."""
    facts = facts_of(tx, page)
    for row in described:
        known = facts.get(row.photo_id)
        if known is None or len(known.paths) == 1:
            yield row
        else:
            at = shown_file(query, known)
            root, path = known.roots[at], known.paths[at]
            yield row._replace(path=path, root=root, relpath=path.removeprefix(absolute(root, "")))


def _described() -> Select[Any]:
    shown = select(func.min(files.c.id)).where(files.c.photo_id == photos.c.id).correlate(photos)
    present = files.c.missing_since.is_(None)
    number = select(func.count()).where(files.c.photo_id == photos.c.id).correlate(photos)
    first = func.coalesce(shown.where(present).scalar_subquery(), shown.scalar_subquery())
    many = func.coalesce(func.nullif(number.where(present).scalar_subquery(), 0), number.scalar_subquery())
    shape = photos.c.taken, photos.c.camera, photos.c.width, photos.c.height
    verdict = verdicts.c.emotion, verdicts.c.confidence, verdicts.c.reason, verdicts.c.faces
    file = files.alias("shown")
    source = photos.join(file, file.c.id == first).join(roots, roots.c.id == file.c.root_id)
    source = source.outerjoin(verdicts, verdicts.c.photo_id == photos.c.id).outerjoin(models)
    return select(photos.c.id, roots.c.path, file.c.relpath, *shape, *verdict, LABEL, many).select_from(source)


_DESCRIBED = _described()
