"""Query → statements that give the ids of its photos in its order.

On Postgres it is one statement, left to its planner. On SQLite each alternative starts from the access that `access`
chooses; all other terms are wrapped so that SQLite's planner cannot start from them instead.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    and_,
    collate,
    or_,
    select,
    true,
    type_coerce,
)

from organiser.core.query.matches import missing_states
from organiser.core.query.terms import Alternative, Field, Order, Query, SortKey, Term, full_order
from organiser.index.access import Access, choose
from organiser.index.conditions import (
    PHOTO_FIELDS,
    VERDICT_FIELDS,
    Names,
    Subject,
    condition,
    first_path,
    is_counted,
    names_for,
)
from organiser.index.path_index import photo_paths
from organiser.index.schema import photos, verdicts


def select_ids(tx: Connection, query: Query) -> list[Select[Any]]:
    """Return one statement that gives the photo ids in order; or several, each in order, that give (photo id, taken).

    Several statements may give the same photo; `taken` is text that sorts by time, or None.
    """
    names = names_for(tx, query)
    order = full_order(query)
    dialect = tx.dialect.name
    if dialect != "sqlite" or (len(query.alternatives) > 1 and len(order) > 1):
        return [_in_one(query, order, names, dialect)]
    alternatives = list(dict.fromkeys(query.alternatives))
    with_taken = len(alternatives) > 1
    return [
        select_from(choose(tx, terms, order, names), terms, order, names, with_taken=with_taken)
        for terms in alternatives
    ]


def _in_one(query: Query, order: Sequence[Order], names: Names, dialect: str) -> Select[Any]:
    """All alternatives in one statement that reads photos and their verdicts."""
    states = frozenset().union(*map(missing_states, query.alternatives))
    subject = Subject(photos.c.id, photos.c.taken, states, names, dialect)
    holds = [_holds(terms, replace(subject, states=missing_states(terms))) for terms in query.alternatives]
    source = photos.outerjoin(verdicts, verdicts.c.photo_id == photos.c.id)
    return select(photos.c.id).select_from(source).where(or_(*holds)).order_by(*_order_by(order, subject))


def select_from(
    access: Access, terms: Alternative, order: Sequence[Order], names: Names, *, with_taken: bool
) -> Select[Any]:
    """Return the statement that gives one alternative's photos on SQLite from an access on."""
    subject = Subject(access.photo_id, access.taken, missing_states(terms), names, "sqlite")
    rest = tuple(term for term in terms if term not in access.settled)
    streams = access.source is photo_paths and access.order is not None
    fields = {term.test.field for term in rest} | (set() if streams else {Field(one.key) for one in order})
    source = _joined(access, fields | ({Field.TAKEN} if with_taken else set()))
    columns = (access.photo_id, type_coerce(access.taken, String)) if with_taken else (access.photo_id,)
    ordered = [photo_paths.c.rowid] if streams else _order_by(order, subject)
    return select(*columns).select_from(source).where(*access.bounds, _holds(rest, subject)).order_by(*ordered)


def _joined(access: Access, fields: set[Field]) -> FromClause:
    """The access with the tables that hold these fields; outer joins keep SQLite from starting at those."""
    source = access.source
    if access.source is not photos and fields & (
        PHOTO_FIELDS - ({Field.TAKEN} if access.source is verdicts else set())
    ):
        source = source.outerjoin(photos, photos.c.id == access.photo_id)
    if access.source is not verdicts and fields & VERDICT_FIELDS:
        source = source.outerjoin(verdicts, verdicts.c.photo_id == access.photo_id)
    return source


def _holds(terms: Sequence[Term], subject: Subject) -> ColumnElement[bool]:
    said = [_settled(term, subject) for term in terms if term.test.field is not Field.MISSING]
    return and_(*said, is_counted(subject))


def _settled(term: Term, subject: Subject) -> ColumnElement[bool]:
    """A term's condition with the unknown counted as false, and no index to be had for it on SQLite."""
    found = condition(term.test, subject)
    if term.negated:
        return found.is_not(true())
    return found.is_(true()) if subject.dialect == "sqlite" else found


def _order_by(order: Sequence[Order], subject: Subject) -> list[ColumnElement[Any]]:
    keys = {
        SortKey.TAKEN: subject.taken,
        SortKey.ADDED: photos.c.added,
        SortKey.CONFIDENCE: verdicts.c.confidence,
        SortKey.FACES: verdicts.c.faces,
    }
    clauses: list[ColumnElement[Any]] = []
    for one in order:
        key = keys[one.key] if one.key is not SortKey.PATH else _by_bytes(first_path(subject), subject.dialect)
        clauses.append(_unknown_last(key, subject.dialect, descending=one.descending))
    newest = next(one.descending for one in order if one.key is SortKey.TAKEN)
    return [*clauses, subject.photo_id.desc() if newest else subject.photo_id.asc()]


def _by_bytes(path: ColumnElement[str], dialect: str) -> ColumnElement[str]:
    return path if dialect == "sqlite" else collate(path, "C")


def _unknown_last(key: ColumnElement[Any], dialect: str, *, descending: bool) -> ColumnElement[Any]:
    """SQLite puts NULL last in a descending order by itself, and needs to be left to it to walk an index."""
    if not descending:
        return key.asc().nulls_last()
    return key.desc() if dialect == "sqlite" else key.desc().nulls_last()
