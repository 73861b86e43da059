"""Query → statements that count its photos, without a look at each of them where an index or a kept count will do."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, func, select, union

from organiser.core.query.terms import Alternative, Field, Order, Query, Term, full_order
from organiser.index.search.names import Names, names_for
from organiser.index.search.path_index import photo_paths
from organiser.index.search.planner import ABSENT, OF_FILES, by_files, choose, leads_far
from organiser.index.search.statements import in_one_statement, select_from
from organiser.index.search.tallied import can_tally_paths, tallied_of_paths, tallied_of_photos

Counted = tuple[int, Select[Any]]
"""A statement that counts photos, and the sign that its number has in a sum."""


def count_statements(tx: Connection, query: Query) -> list[Counted]:
    """Return statements that count photos, each with the sign that its number has in the sum.

    On SQLite the photos that an index gives are counted without a look at their files; those that are not there, which
    are few, are counted again and taken off.
    """
    names, order = names_for(tx, query), full_order(query)
    alternatives = list(dict.fromkeys(query.alternatives))
    if tx.dialect.name != "sqlite":
        return [(1, _counting(in_one_statement(query, order, names, tx.dialect.name).order_by(None)))]
    if len(alternatives) > _MOST_APART or any(
        term.test.field is Field.MISSING for terms in alternatives for term in terms
    ):
        each = [
            select_from(choose(tx, terms, order, names), terms, (), names, with_taken=False) for terms in alternatives
        ]
        return [(1, _counting(union(*each) if len(each) > 1 else each[0]))]
    both = [(-1, tuple(chain(*alternatives)))] if len(alternatives) > 1 else []
    return [
        (sign * of_part, statement)
        for sign, terms in (*((1, terms) for terms in alternatives), *both)
        for of_part, statement in _count_terms(tx, tuple(dict.fromkeys(terms)), order, names)
    ]


_MOST_APART = 2
"""Alternatives that are counted each for itself, less what is in both; of more, all photos are gathered and told apart."""

_MOST_TURNED = 2


def _count_terms(tx: Connection, terms: Alternative, order: Sequence[Order], names: Names) -> list[Counted]:
    turned = [term for term in terms if term.test.field not in OF_FILES]
    return [
        (sign * of_part, statement)
        for sign, part in _without_negations(terms, turned)
        for of_part, statement in _count_paths(tx, part, order, names) or _count_alternative(tx, part, order, names)
    ]


def _count_paths(tx: Connection, terms: Alternative, order: Sequence[Order], names: Names) -> list[Counted]:
    """Count by kept counts of paths; nothing where more is asked for than paths, or where they cannot tell."""
    if not terms or any(term.test.field not in OF_FILES for term in terms):
        return []
    parts = _without_negations(terms, terms)
    if not all(can_tally_paths(tx, part, names) for _, part in parts):
        return []
    return [
        (sign * of_part, statement)
        for sign, part in parts
        for of_part, statement in (
            [(1, tallied_of_paths(part, names))] if part else _count_alternative(tx, part, order, names)
        )
    ]


def _without_negations(terms: Alternative, turned: Sequence[Term]) -> list[tuple[int, Alternative]]:
    """Return alternatives to count, with their signs: as many photos are not happy as there are, less the happy ones.

    An index leads to what is asked for, never to what is not.

    Args:
        turned: terms that may be turned if they are negated. Paths are not where files are read for either.
    """
    parts = [(1, terms)]
    for term in [term for term in turned if term.negated][:_MOST_TURNED]:
        parts = [
            part
            for sign, some in parts
            for part in (
                (sign, tuple(other for other in some if other != term)),
                (-sign, tuple(replace(other, negated=False) if other == term else other for other in some)),
            )
        ]
    return parts


def _count_alternative(tx: Connection, terms: Alternative, order: Sequence[Order], names: Names) -> list[Counted]:
    gone = select_from(ABSENT, terms, (), names, with_taken=False, whatever_files=True)
    tallied = tallied_of_photos(terms, names)
    if tallied is not None:
        return [(1, tallied), (-1, _counting(gone))]
    access = choose(tx, terms, order, names)
    if (
        any(term.test.field in OF_FILES for term in terms)
        and leads_far(tx, access)
        and (ways := by_files(terms, names))
    ):
        return [(1, _counting(select_from(way, terms, (), names, with_taken=False))) for way in ways]
    if access.source is photo_paths:
        return [(1, _counting(select_from(access, terms, (), names, with_taken=False)))]
    every = select_from(access, terms, (), names, with_taken=False, whatever_files=True)
    return [(1, _counting(every)), (-1, _counting(gone))]


def _counting(ids: Select[Any] | CompoundSelect[Any]) -> Select[Any]:
    return select(func.count()).select_from(ids.subquery())
