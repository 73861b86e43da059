"""The wall: what a query selects, a page of photos at a time, however far down. Reads only.

A page says where the next one begins: behind its last photo, by what the listing is ordered by. An order that has no
such place (by path, when it was added, number of faces) goes on by counting, which costs more the further down.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from organiser.core.photo import PhotoId
from organiser.core.query.parse import parse
from organiser.core.query.terms import Query
from organiser.errors import Permanent
from organiser.index.db.engine import Transaction
from organiser.index.search import find
from organiser.index.search.find import Row
from organiser.index.search.position import Position, can_go_on
from organiser.jobs.corrections.review import DOUBTS, narrowed
from organiser.jobs.paths import Mounts
from organiser.jobs.views.report import described
from organiser.reporting.photo import ReportPhoto

SORTS = {
    "date": "sort:taken+",
    "-date": "sort:taken-",
    "confidence": "sort:confidence+",
    "-confidence": "sort:confidence-",
}
DOUBT = "doubt"
"""The order of a review: unsure and mixed ones, then the least confident, then all others."""

_FURTHEST = 2**63 - 1
_CERTAIN = (
    "corrected:yes , corrected:no reason:no_face , corrected:no judged:no , corrected:no reason:unsure|mixed faces:0"
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some photos of a listing, and where it goes on; None at its end."""

    photos: Sequence[tuple[PhotoId, ReportPhoto]]
    after: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a listing goes on: in which of its parts, behind how many photos of it or behind which."""

    part: int = 0
    skipped: int = 0
    position: Position | None = None


def page(
    tx: Transaction, mounts: Mounts, query: Query, *, sort: str | None, after: str | None, limit: int, now: datetime
) -> Page:
    """Return the page of `limit` photos that begins at `after`, what the page before gave; None is the beginning.

    Args:
        sort: one of SORTS or DOUBT; None leaves the query's own order.

    Raises:
        Permanent: there is no such order, or `after` comes from no page.
    """
    parts = _parts(query, sort, now)
    place = _Place() if after is None else _read(after, len(parts))
    found: list[Row] = []
    while len(found) < limit and place.part < len(parts):
        rows = _rows(tx, parts[place.part], place, limit - len(found))
        found += rows
        at_end = len(found) < limit
        place = _Place(place.part + 1) if at_end else _behind(parts[place.part], place, rows)
    photos = described(tx, mounts, found, lambda photo_id, _: f"api/photos/{photo_id}/image", thumbnails=False)
    shown = list(zip((row.photo_id for row in found), photos, strict=True))
    return Page(shown, _write(place) if place.part < len(parts) else None)


def photos_of(tx: Transaction, mounts: Mounts, photo_ids: Sequence[PhotoId]) -> list[tuple[PhotoId, ReportPhoto]]:
    """Return what a wall shows of these photos, in this order."""
    rows = find.described(tx, photo_ids)
    photos = described(tx, mounts, rows, lambda photo_id, _: f"api/photos/{photo_id}/image", thumbnails=False)
    return list(zip((row.photo_id for row in rows), photos, strict=True))


def _parts(query: Query, sort: str | None, now: datetime) -> list[Query]:
    """Return the queries whose answers, one after the other, are the listing."""
    if sort is None:
        return [query]
    if sort == DOUBT:
        return [narrowed(query, parse(text, now)) for text in (*DOUBTS, _CERTAIN)]
    if sort not in SORTS:
        raise Permanent(f"there is no order {sort!r}", f"one of {', '.join([*SORTS, DOUBT])}")
    return [replace(query, order=parse(SORTS[sort], now).order)]


def _rows(tx: Transaction, query: Query, place: _Place, limit: int) -> list[Row]:
    if can_go_on(query):
        return list(find.rows(tx, query, limit, place.position))
    return list(islice(find.rows(tx, query, place.skipped + limit), place.skipped, None))


def _behind(query: Query, place: _Place, rows: Sequence[Row]) -> _Place:
    if not can_go_on(query):
        return replace(place, skipped=place.skipped + len(rows))
    last = rows[-1]
    return replace(place, position=Position(last.photo_id, last.taken, last.confidence))


def _write(place: _Place) -> str:
    at = place.position
    position = None if at is None else [at.photo_id, at.taken and at.taken.isoformat(), at.confidence]
    return urlsafe_b64encode(json.dumps([place.part, place.skipped, position]).encode()).decode().rstrip("=")


def _read(text: str, parts: int) -> _Place:
    try:
        part, skipped, position = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        place = _Place(int(part), int(skipped), None if position is None else _position(*position))
    except (ValueError, TypeError, OverflowError) as error:
        raise Permanent("this listing cannot go on there", "begin it again") from error
    if not (0 <= place.part < parts and 0 <= place.skipped < _FURTHEST):
        raise Permanent("this listing cannot go on there", "begin it again")
    return place


def _position(photo_id: int, taken: str | None, confidence: float | None) -> Position:
    moment = None if taken is None else datetime.fromisoformat(taken)
    return Position(PhotoId(min(int(photo_id), _FURTHEST)), moment, None if confidence is None else float(confidence))
