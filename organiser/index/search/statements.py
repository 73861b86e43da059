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
    Subquery,
    and_,
    collate,
    func,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from organiser.core.query.matches import missing_states
from organiser.core.query.terms import Alternative, Between, Field, Order, Query, SortKey, Term, full_order
from organiser.index.db.schema import photos, verdicts
from organiser.index.search.conditions import Subject, first_path, is_counted
from organiser.index.search.fields import PHOTO_FIELDS, VERDICT_FIELDS, condition
from organiser.index.search.names import Names, names_for
from organiser.index.search.path_index import oldest_first, photo_paths
from organiser.index.search.planner import (
    Access,
    asks_of_files,
    by_files,
    choose,
    leads_far,
    needs_verdict,
)
from organiser.index.search.position import Position, behind

_PROBED = 20_000
_ENOUGH = 100
"""If the first so many photos of a walk hold no page of the answer, it is looked for in another way."""


def in_parts(tx: Connection, query: Query) -> list[Query]:
    """Return queries whose answers one after the other are the query's, each of which an index can order.

    Ordered by something that only judged photos have, SQLite would sort all photos: the judged ones go first instead.
    """
    key = query.order[0].key if query.order else SortKey.TAKEN
    (first, *more) = query.alternatives
    if tx.dialect.name != "sqlite" or key not in (SortKey.CONFIDENCE, SortKey.FACES) or more:
        return [query]
    if any(map(needs_verdict, first)):
        return [query]
    known = Term(Between(Field(key), None, None))
    return [
        replace(query, alternatives=((*first, known),)),
        Query(((*first, replace(known, negated=True)),), full_order(query)[1:]),
    ]


def select_ids(tx: Connection, query: Query, after: Position | None = None) -> list[Select[Any]]:
    """Return one statement that gives `photo_id` in order; or several, each in order, that give (`photo_id`, taken).

    Several statements may give the same photo; taken is text that sorts by time, or None.

    Args:
        after: only what comes behind this photo; the order has to be one that can go on (see `position`).
    """
    names = names_for(tx, query)
    order = full_order(query)
    dialect = tx.dialect.name
    if dialect != "sqlite" or (len(query.alternatives) > 1 and len(order) > 1):
        return [in_one_statement(query, order, names, dialect, after)]
    alternatives = list(dict.fromkeys(query.alternatives))
    ways = [(access, terms) for terms in alternatives for access in _ways(tx, terms, order, names)]
    with_taken = len(ways) > 1
    return [select_from(access, terms, order, names, with_taken=with_taken, after=after) for access, terms in ways]


def _ways(tx: Connection, terms: Alternative, order: Sequence[Order], names: Names) -> Sequence[Access]:
    """The one access to an alternative's photos; two where reading all files is sooner done than walking photos."""
    access = choose(tx, terms, order, names)
    if access.order is None or len(order) > 1 or not asks_of_files(access, terms):
        return (access,)
    subject = Subject(access.photo_id, access.taken, missing_states(terms), names, "sqlite")
    first = select(subject.photo_id.label("photo_id")).select_from(_joined(access, {Field(key.key) for key in order}))
    page = first.where(*access.bounds).order_by(*_order_by(order, subject)).limit(_PROBED).subquery("first")
    found = select_from(Access(page, page.c.photo_id), terms, (), names, with_taken=False).limit(_ENOUGH).subquery()
    if tx.execute(select(func.count()).select_from(found)).scalar_one() == _ENOUGH or not leads_far(tx, access):
        return (access,)
    return by_files(terms, names) or (access,)


def in_one_statement(
    query: Query, order: Sequence[Order], names: Names, dialect: str, after: Position | None = None
) -> Select[Any]:
    """All alternatives in one statement that reads photos and their verdicts."""
    states = frozenset().union(*map(missing_states, query.alternatives))
    subject = Subject(photos.c.id, photos.c.taken, states, names, dialect)
    holds = [and_(*_holds(terms, replace(subject, states=missing_states(terms)))) for terms in query.alternatives]
    source = photos.outerjoin(verdicts, verdicts.c.photo_id == photos.c.id)
    return (
        select(photos.c.id.label("photo_id"))
        .select_from(source)
        .where(or_(*holds), *([] if after is None else [behind(after, order, subject)]))
        .order_by(*_order_by(order, subject))
    )


def select_from(
    access: Access,
    terms: Alternative,
    order: Sequence[Order],
    names: Names,
    *,
    with_taken: bool,
    after: Position | None = None,
    whatever_files: bool = False,
) -> Select[Any]:
    """Return the statement that gives one alternative's photos on SQLite from an access on.

    Args:
        order: () where the order does not matter.
        whatever_files: give photos without a file that counts too.
    """
    subject = Subject(access.photo_id, access.taken, missing_states(terms), names, "sqlite")
    rest = tuple(term for term in terms if term not in access.settled)
    if access.order is None and order:
        early = tuple(term for term in rest if term.test.field in access.covers)
        rest = tuple(term for term in rest if term not in early)
        sorted_first = _sorted_first(access, early, order, subject)
        subject = replace(subject, photo_id=sorted_first.c.photo_id, taken=photos.c.taken)
        access = Access(sorted_first, subject.photo_id)
    fields = {term.test.field for term in rest} | ({Field.TAKEN} if with_taken else set())
    photo_id = subject.photo_id.label("photo_id")
    columns = (photo_id, type_coerce(subject.taken, String)) if with_taken else (photo_id,)
    ordered: list[ColumnElement[Any]] = []
    if access.source is photo_paths and order:
        ordered = [photo_paths.c.rowid]
    elif order:
        ordered = _order_by(order, subject)
        fields |= {Field(key.key) for key in order}
    further: list[ColumnElement[bool]] = []
    if after is not None:
        fields |= {Field(key.key) for key in order}
        further = [behind(after, order, subject)]
    source = _joined(access, fields)
    where = *access.bounds, *_holds(rest, subject, whatever_files=whatever_files or access.one_file), *further
    return select(*columns).select_from(source).where(*where).order_by(*ordered)


def _sorted_first(access: Access, early: Sequence[Term], order: Sequence[Order], subject: Subject) -> Subquery:
    """All that an access leads to, sorted before anything is looked up that a full page may make needless.

    SQLite keeps the order of a subquery with a limit, of which -1 is none.
    """
    by_entry = access.source is photo_paths and [key.key for key in order] == [SortKey.TAKEN]
    keys = oldest_first() if by_entry else _order_by(order, subject, by_index=False)
    fields = set() if by_entry else {Field(key.key) for key in order}
    found = select(access.photo_id.label("photo_id")).select_from(_joined(access, fields))
    found = found.where(*access.bounds, *(_settled(term, subject) for term in early))
    return found.order_by(*keys).limit(-1).subquery("found")


def _joined(access: Access, fields: set[Field]) -> FromClause:
    """The access with the tables that hold these fields; outer joins keep SQLite from starting at those."""
    source = access.source
    from_photos = PHOTO_FIELDS - ({Field.TAKEN} if source is verdicts else set())
    if access.source is not photos and fields & from_photos:
        source = source.outerjoin(photos, photos.c.id == access.photo_id)
    if access.source is not verdicts and fields & VERDICT_FIELDS:
        source = source.outerjoin(verdicts, verdicts.c.photo_id == access.photo_id)
    return source


def _holds(terms: Sequence[Term], subject: Subject, *, whatever_files: bool = False) -> list[ColumnElement[bool]]:
    """The terms' conditions, and that the photo has files that count."""
    conditions = [_settled(term, subject) for term in terms if term.test.field is not Field.MISSING]
    if whatever_files:
        return conditions
    counted = is_counted(subject)
    return [*conditions, counted.is_(true()) if subject.dialect == "sqlite" else counted]


def _settled(term: Term, subject: Subject) -> ColumnElement[bool]:
    """A term's condition with the unknown counted as false, and no index to be had for it on SQLite."""
    found = condition(term.test, subject)
    if term.negated:
        return found.is_not(true())
    return found.is_(true()) if subject.dialect == "sqlite" else found


def _order_by(order: Sequence[Order], subject: Subject, *, by_index: bool = True) -> list[ColumnElement[Any]]:
    """The order's clauses; without `by_index` SQLite may not walk all of an index only because it has that order."""
    keys = {
        SortKey.TAKEN: subject.taken,
        SortKey.ADDED: photos.c.added,
        SortKey.CONFIDENCE: verdicts.c.confidence,
        SortKey.FACES: verdicts.c.faces,
    }
    clauses: list[ColumnElement[Any]] = []
    for part in order:
        key = keys[part.key] if part.key is not SortKey.PATH else _by_bytes(first_path(subject), subject.dialect)
        plain = key if by_index else UnaryExpression(key, operator=custom_op("+"))
        clauses.append(_unknown_last(plain, subject.dialect, descending=part.descending))
    newest = next(part.descending for part in order if part.key is SortKey.TAKEN)
    return [*clauses, subject.photo_id.desc() if newest else subject.photo_id.asc()]


def _by_bytes(path: ColumnElement[str], dialect: str) -> ColumnElement[str]:
    return path if dialect == "sqlite" else collate(path, "C")


def _unknown_last(key: ColumnElement[Any], dialect: str, *, descending: bool) -> ColumnElement[Any]:
    """SQLite puts NULL last in a descending order by itself, and needs to be left to it to walk an index."""
    if not descending:
        return key.asc().nulls_last()
    return key.desc() if dialect == "sqlite" else key.desc().nulls_last()
