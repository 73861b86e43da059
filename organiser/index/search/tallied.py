"""What a query asks, in terms of the counts that SQLite keeps: how many photos pass, where kept counts can say so."""

from string import digits
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.sql.visitors import replacement_traverse

from organiser.core.query.terms import Alternative, Contains, Field, Pattern, Term
from organiser.index.db.schema import photos, verdicts
from organiser.index.search.conditions import Subject
from organiser.index.search.fields import condition
from organiser.index.search.names import NO_NAMES, Names
from organiser.index.search.path_text import path_contains
from organiser.index.search.shared_files import shared_files
from organiser.index.search.tallies import DIGIT, path_tallies, photo_tallies, verdict_tallies

_OF_PHOTOS = frozenset({Field.CAMERA})
_OF_VERDICTS = frozenset({Field.EMOTION, Field.REASON, Field.FACES})


def tallied_of_photos(terms: Alternative, names: Names) -> Select[Any] | None:
    """Return the statement that counts the photos that pass all terms, whatever files they have; None if it cannot."""
    holds = _conditions(terms, _OF_PHOTOS, names)
    if holds is not None:
        return _summed(photo_tallies, *(_on_tally(each, photos, photo_tallies) for each in holds))
    holds = conditions_on_verdicts(terms)
    return None if holds is None else _summed(verdict_tallies, *map(on_verdict_tallies, holds))


def conditions_on_verdicts(terms: Alternative) -> list[ColumnElement[bool]] | None:
    """Return the conditions on `verdicts` that all terms pass; None where its tallies could not say how many do."""
    return _conditions(terms, _OF_VERDICTS, NO_NAMES)


def on_verdict_tallies(holds: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition on `verdicts` as one on their tallies."""
    return _on_tally(holds, verdicts, verdict_tallies)


def can_tally_paths(tx: Connection, terms: Alternative, names: Names) -> bool:
    """Whether kept counts can tell which paths pass all terms.

    They cannot of a negated term, of a regular expression, and of a text with digits that some files of a folder may
    have in their names.
    """
    if not all(map(_is_of_shapes, terms)):
        return False
    if not any(map(_has_digits, terms)):
        return True
    possible = (_may_hold(term, names) for term in terms)
    certain = and_(*(_of_row(term, path_tallies, names) for term in terms))
    doubtful = select(literal(1)).select_from(path_tallies).where(*possible, certain.is_not(true())).limit(1)
    return tx.execute(doubtful).first() is None


def tallied_of_paths(terms: Alternative, names: Names) -> Select[Any]:
    """Return the statement that counts the photos whose present files pass all terms, of which there is one at least."""
    number = _summed(path_tallies, *(_of_row(term, path_tallies, names) for term in terms)).scalar_subquery()
    return select(number + _more_of_shared(terms, names).scalar_subquery())


def _is_of_shapes(term: Term) -> bool:
    test = term.test
    if term.negated or not isinstance(test, Contains | Pattern):
        return False
    return test.field is Field.ROOT or (isinstance(test, Contains) and DIGIT not in test.text)


def _has_digits(term: Term) -> bool:
    return isinstance(term.test, Contains) and any(letter in digits for letter in term.test.text)


def _more_of_shared(terms: Alternative, names: Names) -> Select[Any]:
    """Of the photos in several files: how many pass, each term by whichever file, less how many of their files do."""
    holds = [_of_row(term, shared_files, names) for term in terms]
    more: ColumnElement[int] = 1 - func.count()
    if len(holds) > 1:
        photo = case((and_(*(func.max(cast(each, Integer)) == 1 for each in holds)), 1), else_=0)
        more = photo - func.sum(cast(and_(*holds), Integer))
    of_photo = select(more.label("more")).where(or_(*holds)).group_by(shared_files.c.photo_id).subquery()
    return select(func.coalesce(func.sum(of_photo.c.more), 0))


def _of_row(term: Term, of: FromClause, names: Names) -> ColumnElement[bool]:
    """The condition that a row with a root and a relative path passes a test."""
    test = term.test
    if isinstance(test, Contains) and test.field is Field.PATH:
        return path_contains(test.text, names.roots, "sqlite", of)
    return of.c.root_id.in_(names.matching_roots(test))  # type: ignore[arg-type]


def _may_hold(term: Term, names: Names) -> ColumnElement[bool]:
    test = term.test
    if isinstance(test, Contains) and test.field is Field.PATH:
        return path_contains(test.text, names.roots, "sqlite", path_tallies, DIGIT)
    return _of_row(term, path_tallies, names)


def _summed(tally: Table, *holds: ColumnElement[bool]) -> Select[Any]:
    return select(func.coalesce(func.sum(tally.c.number), 0)).where(*holds)


def _conditions(terms: Alternative, fields: frozenset[Field], names: Names) -> list[ColumnElement[bool]] | None:
    if any(term.negated or term.test.field not in fields for term in terms):
        return None
    subject = Subject(photos.c.id, photos.c.taken, frozenset(), names, "sqlite")
    return [condition(term.test, subject) for term in terms]


def _on_tally(holds: ColumnElement[bool], table: Table, tally: Table) -> ColumnElement[bool]:
    """A condition on rows of a table, as one on its tally."""

    def column(element: Any, **_: Any) -> Any:
        return tally.c[element.name] if getattr(element, "table", None) is table else None

    return replacement_traverse(holds, {}, column)
