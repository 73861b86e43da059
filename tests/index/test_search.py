"""Search: its SQL agrees with the language's own meaning, on both databases, for any query over any rows."""

import random
from collections.abc import Callable
from datetime import datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from organiser.core.photo import PhotoId
from organiser.core.query.facts import Facts
from organiser.core.query.matches import matches
from organiser.core.query.terms import Query, SortKey, full_order
from organiser.index.access import accesses
from organiser.index.engine import Index, Transaction, open_engine, reading, writing
from organiser.index.facts import facts_of
from organiser.index.names import names_for
from organiser.index.schema import photos
from organiser.index.search import count, photo_ids
from organiser.index.selection import select_from
from organiser.index.types import PathText
from organiser.index.upgrade import upgrade
from tests.core.queries import queries
from tests.index.album import VALUES, fill

NOW = datetime(2024, 5, 17, 14, 3)

read_only = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def album(index: Index) -> Index:
    """An index with a hundred and fifty photos of every kind, others in every run."""
    with writing(index) as tx:
        fill(tx, Random(random.getrandbits(32)), 150)
    return index


def every_fact(tx: Transaction) -> dict[PhotoId, Facts]:
    return facts_of(tx, list(tx.execute(select(photos.c.id)).scalars()))


def answer(query: Query, facts: dict[PhotoId, Facts]) -> list[PhotoId]:
    """What a query selects, in its order, by the language's own meaning."""
    order = full_order(query)
    newest = next(one.descending for one in order if one.key is SortKey.TAKEN)
    found = sorted((key for key, one in facts.items() if matches(query, one)), reverse=newest)
    for one in reversed(order):
        value = VALUE_OF[one.key]
        found.sort(key=lambda key: (value(facts[key]) is not None, value(facts[key]) or 0), reverse=one.descending)
        found.sort(key=lambda key: value(facts[key]) is None)
    return found


VALUE_OF: dict[SortKey, Callable[[Facts], object]] = {
    SortKey.TAKEN: lambda facts: facts.taken,
    SortKey.ADDED: lambda facts: facts.added,
    SortKey.CONFIDENCE: lambda facts: facts.confidence,
    SortKey.FACES: lambda facts: facts.faces,
    SortKey.PATH: lambda facts: PathText().process_bind_param(facts.paths[0], None),
}


def test_sql_and_python_agree_on_every_query(album: Index) -> None:
    with reading(album) as tx:
        facts = every_fact(tx)

        @read_only
        @given(queries(VALUES))
        def agree(query: Query) -> None:
            wanted = answer(query, facts)
            assert list(photo_ids(tx, query)) == wanted
            assert list(photo_ids(tx, query, limit=3)) == wanted[:3]
            assert count(tx, query) == len(wanted)

        agree()


def test_every_way_into_the_index_gives_the_same_answer(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    with writing(engine) as tx:
        fill(tx, Random(random.getrandbits(32)), 150)
        facts = every_fact(tx)

        @read_only
        @given(queries(VALUES))
        def agree(query: Query) -> None:
            names, order = names_for(tx, query), full_order(query)
            for terms in query.alternatives:
                wanted = answer(Query((terms,), query.order), facts)
                for access in accesses(tx, terms, order, names):
                    statement = select_from(access, terms, order, names, with_taken=True)
                    assert [row[0] for row in tx.execute(statement)] == wanted, access

        agree()
    engine.dispose()
