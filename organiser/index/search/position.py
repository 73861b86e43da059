"""Where a listing goes on: behind one photo of it, by the values that it is ordered by. Knows no pages.

A listing by time or confidence goes on at any depth for the price of a page: the query is narrowed to a range that an
index leads to, and the few photos that are equal in it are told apart by a condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_

from organiser.core.photo import PhotoId
from organiser.core.query.terms import Alternative, Between, Field, Order, Period, Query, SortKey, Term, full_order
from organiser.index.db.schema import verdicts
from organiser.index.search.conditions import Subject

_SECOND = timedelta(seconds=1)
_LAST = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 times taken are wall-clock times


@dataclass(frozen=True, slots=True)
class Position:
    """The photo after which a listing goes on, and what it is ordered by; None where that is not known."""

    photo_id: PhotoId
    taken: datetime | None
    confidence: float | None = None


def can_go_on(query: Query) -> bool:
    """Whether a listing in the query's order can go on behind a photo: by time, or by confidence and then time."""
    keys = [part.key for part in full_order(query)]
    return keys in ([SortKey.TAKEN], [SortKey.CONFIDENCE, SortKey.TAKEN])


def parts_behind(query: Query, position: Position) -> list[tuple[Query, Position | None]]:
    """Return queries whose answers, one after the other, are all that comes behind a position.

    Each comes with the position that its own listing goes on behind, or None where all of it does.
    """
    order = full_order(query)
    if order[0].key is SortKey.CONFIDENCE:
        value: object = position.confidence
        known, unknown = Term(_confidences(order[0], position.confidence)), Term(Between(Field.CONFIDENCE, None, None))
        rest = Query(_narrowed(query, replace(unknown, negated=True)), order[1:])
    else:
        value = position.taken
        known, unknown = Term(_moments(order[0], position.taken)), Term(Period(Field.TAKEN, None, None))
        rest = Query(_narrowed(query, replace(unknown, negated=True)), order)
    if value is None:
        return [(rest, position)]
    return [(replace(query, alternatives=_narrowed(query, known)), position), (rest, None)]


def behind(position: Position, order: Sequence[Order], subject: Subject) -> ColumnElement[bool]:
    """The condition that a photo comes behind a position; what is unknown comes last in both directions."""
    columns = {SortKey.TAKEN: subject.taken, SortKey.CONFIDENCE: verdicts.c.confidence}
    values = {SortKey.TAKEN: position.taken, SortKey.CONFIDENCE: position.confidence}
    newest = next(part.descending for part in order if part.key is SortKey.TAKEN)
    last = subject.photo_id < position.photo_id if newest else subject.photo_id > position.photo_id
    for part in reversed(order):
        column, value = columns[part.key], values[part.key]
        if value is None:
            last = and_(column.is_(None), last)
        else:
            further = column < value if part.descending else column > value
            last = or_(further, column.is_(None), and_(column == value, last))
    return last


def _narrowed(query: Query, term: Term) -> tuple[Alternative, ...]:
    return tuple((*terms, term) for terms in query.alternatives)


def _moments(order: Order, taken: datetime | None) -> Period:
    if taken is None or not order.descending:
        return Period(Field.TAKEN, taken, None)
    return Period(Field.TAKEN, None, None if taken >= _LAST else taken + _SECOND)


def _confidences(order: Order, confidence: float | None) -> Between:
    if order.descending:
        return Between(Field.CONFIDENCE, None, confidence)
    return Between(Field.CONFIDENCE, confidence, None)
