"""Search: its SQL agrees with the language's own meaning, on both databases, for any query over any rows."""

import random
from collections.abc import Callable
from datetime import datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select, text, update

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.verdict import Reason, Verdict
from organiser.core.photo import PhotoId
from organiser.core.query.facts import Facts
from organiser.core.query.matches import matches
from organiser.core.query.parse import parse
from organiser.core.query.terms import Query, SortKey, full_order
from organiser.errors import QueryError
from organiser.index.db.engine import Index, Transaction, open_engine, reading, writing
from organiser.index.db.schema import files, photos
from organiser.index.db.types import PathText
from organiser.index.db.upgrade import upgrade
from organiser.index.search.facts import facts_of
from organiser.index.search.find import Row, count, photo_ids, rows
from organiser.index.search.names import names_for
from organiser.index.search.planner import accesses
from organiser.index.search.statements import select_from
from organiser.index.tables import models, results
from tests.core.queries import queries
from tests.index.album import VALUES, fill
from tests.rows import add_photo, add_root, detected

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
    newest = next(part.descending for part in order if part.key is SortKey.TAKEN)
    found = sorted((key for key, item in facts.items() if matches(query, item)), reverse=newest)
    for part in reversed(order):
        value = VALUE_OF[part.key]
        found.sort(key=lambda key: (value(facts[key]) is not None, value(facts[key]) or 0), reverse=part.descending)
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


ORDERED = [
    "",
    "sort:taken+",
    "emotion:happy confidence:0.9.. faces:2..",
    "emotion:happy -path:shots taken:2023..2024 sort:taken+",
    "reason:mixed model:face",
    "faces:2 added:-1w..",
    "confidence:0.9..",
    "path:zürich taken:2024-05 -emotion:sad",
    "camera:D90 emotion:happy",
    "sort:added-",
]


@pytest.mark.parametrize("words", ORDERED)
def test_an_access_in_the_order_of_the_answer_sorts_nothing(sqlite_url: str, words: str) -> None:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    query = parse(words, NOW)
    (terms,) = query.alternatives
    with writing(engine) as tx:
        fill(tx, Random(1), 150)
        names, order = names_for(tx, query), full_order(query)
        ordered = [access for access in accesses(tx, terms, order, names) if access.order]
        assert ordered
        for access in ordered:
            statement = select_from(access, terms, order, names, with_taken=False)
            sql = str(statement.compile(engine, compile_kwargs={"literal_binds": True}))
            plan = [row.detail for row in tx.execute(text(f"EXPLAIN QUERY PLAN {sql.replace(':', chr(92) + ':')}"))]
            assert not [line for line in plan if "TEMP B-TREE FOR ORDER BY" in line], access
    engine.dispose()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("", "/home/anna/a.jpg"),
        ("path:/b/", "/home/anna/b/2.jpg"),
        ("path:/c/ path:3", "/home/anna/c/3.jpg"),
        ("path::c/.[.]jpg$", "/home/anna/c/2.jpg"),
        ("root:bob", "/home/bob/b/4.jpg"),
        ("path:/b/ root:bob", "/home/bob/b/4.jpg"),
        ("path:nowhere , path:/c/", "/home/anna/c/2.jpg"),
        ("-path:nowhere", "/home/anna/a.jpg"),
    ],
)
def test_a_row_shows_the_copy_that_the_query_asks_for(index: Index, words: str, shown: str) -> None:
    with writing(index) as tx:
        anna, bob = add_root(tx, "/home/anna"), add_root(tx, "/home/bob")
        for relpath in ("a.jpg", "b/2.jpg", "c/2.jpg", "c/3.jpg"):
            add_photo(tx, anna, relpath, "same")
        add_photo(tx, bob, "b/4.jpg", "same")
        (row,) = rows(tx, parse(words, NOW))
    assert row.path == shown == f"{row.root}/{row.relpath}"
    assert row.files == 5


def test_a_row_shows_the_first_present_file_and_the_verdict(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx, "/home/anna")
        first = add_photo(tx, root, "a.jpg", "same")
        assert add_photo(tx, root, "b \udcff.jpg", "same") == first
        add_photo(tx, root, "c.jpg", "same")
        box = Box(0.1, 0.1, 0.2, 0.2)
        results.record_detections(tx, "yunet", {first: detected(box, taken=NOW)}, now=1, keep_crops=False)
        model = models.add(tx, "m", "1", "d", "face", ["happy"], "/m", now=1)
        verdict = results.StoredVerdict(first, Verdict(Emotion.HAPPY, 0.75, Reason.CLEAR), 1)
        results.record_verdicts(tx, model, "p", [verdict], now=2)
        tx.execute(update(files).where(files.c.relpath == "a.jpg").values(missing_since=3.0))
        (row,) = rows(tx, parse("", NOW))
    assert row == Row(
        photo_id=first,
        path="/home/anna/b \udcff.jpg",
        root="/home/anna",
        relpath="b \udcff.jpg",
        taken=NOW,
        camera="Camera",
        width=640,
        height=480,
        emotion="happy",
        confidence=0.75,
        reason="clear",
        faces=1,
        model="m@1",
        files=2,
    )


def test_missing_photos_are_shown_when_asked_for(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx, "/")
        here, gone = add_photo(tx, root, "here.jpg"), add_photo(tx, root, "gone.jpg")
        tx.execute(update(files).where(files.c.photo_id == gone).values(missing_since=3.0))
        assert list(photo_ids(tx, parse("jpg", NOW))) == [here]
        (row,) = rows(tx, parse("missing:yes path:/gone", NOW))
        assert (row.photo_id, row.path, row.files) == (gone, "/gone.jpg", 1)
        assert count(tx, parse("missing:yes|no", NOW)) == 2


def test_a_photo_that_several_alternatives_select_comes_once(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        ids = [add_photo(tx, root, f"holiday/{number}.jpg") for number in range(3)]
        query = parse("path:holiday , path:1.jpg , judged:no", NOW)
        assert list(photo_ids(tx, query)) == sorted(ids, reverse=True)
        assert list(photo_ids(tx, query, limit=2)) == sorted(ids, reverse=True)[:2]
        assert count(tx, query) == 3


@pytest.mark.parametrize("expression", ["(a+)+!", "(a|a)*!", "(.*)*!", "([a-z]+)*!$", "(a*)*(a*)*(a*)*!"])
def test_no_regular_expression_runs_away(index: Index, expression: str) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        add_photo(tx, root, "a" * 40 + "?.jpg")
        wanted = add_photo(tx, root, "a" * 40 + "!")
    with reading(index) as tx:
        assert list(photo_ids(tx, parse(f"path::{expression}", NOW))) == [wanted]
        assert [row.photo_id for row in rows(tx, parse(f"path::{expression}", NOW))] == [wanted]


def test_a_name_that_is_no_utf8_has_a_character_for_each_byte(index: Index) -> None:
    with writing(index) as tx:
        wanted = add_photo(tx, add_root(tx), "caf\udce9.jpg")
    query = parse(r"path::/caf.[.]jpg$", NOW)
    with reading(index) as tx:
        assert list(photo_ids(tx, query)) == [wanted]
        assert matches(query, every_fact(tx)[wanted])


def test_a_regular_expression_that_postgres_cannot_read_is_the_querys_fault(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    query = parse("path::(?P<year>2024)", NOW)
    with reading(engine) as tx, pytest.raises(QueryError, match="cannot answer"):
        list(rows(tx, query))
    with reading(engine) as tx, pytest.raises(QueryError, match="cannot answer"):
        count(tx, query)
    engine.dispose()
