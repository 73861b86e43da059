"""The query language: what words mean, how they are written, and what it says of mistakes."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organiser.core.query.dates import read_period, write_period
from organiser.core.query.fields import CHOICES
from organiser.core.query.fold import capitals, contains, fold, forms
from organiser.core.query.format import format_query
from organiser.core.query.parse import parse, parse_order, query_text
from organiser.core.query.terms import (
    Between,
    Choice,
    Contains,
    Field,
    Order,
    Pattern,
    Period,
    Query,
    SortKey,
    Term,
    full_order,
)
from organiser.errors import QueryError
from tests.core.queries import queries

NOW = datetime(2024, 5, 17, 14, 3, 21)


def terms(text: str) -> tuple[Term, ...]:
    (alternative,) = parse(text, NOW).alternatives
    return alternative


def meaning_of(text: str) -> object:
    (term,) = terms(text)
    assert not term.negated
    return term.test


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("emotion:happy", Choice(Field.EMOTION, ("happy",))),
        ("Emotion:SAD|none|sad", Choice(Field.EMOTION, ("sad", "none"))),
        ("confidence:0.9..", Between(Field.CONFIDENCE, 0.9, None)),
        ("confidence:...5", Between(Field.CONFIDENCE, None, 0.5)),
        ("faces:2", Between(Field.FACES, 2, 2)),
        ("faces:2..4", Between(Field.FACES, 2, 4)),
        ("width:..", Between(Field.WIDTH, None, None)),
        ("face:200..", Between(Field.FACE, 200, None)),
        ("face:100px..200px", Between(Field.FACE, 100, 200)),
        ("face:25%..", Between(Field.FACE, 25, None, percent=True)),
        ("face:..50%", Between(Field.FACE, None, 50, percent=True)),
        ("face:25%..50%", Between(Field.FACE, 25, 50, percent=True)),
        ("rating:-1", Between(Field.RATING, -1, -1)),
        ("rating:-1..2", Between(Field.RATING, -1, 2)),
        ("keyword:'Places|Zürich'", Contains(Field.KEYWORD, "Places|Zürich")),
        ("taken:2024-05..2024-08", Period(Field.TAKEN, datetime(2024, 5, 1), datetime(2024, 9, 1))),
        ("path:holiday", Contains(Field.PATH, "holiday")),
        ("holiday", Contains(Field.PATH, "holiday")),
        ("Anna's", Contains(Field.PATH, "Anna's")),
        ('"my holiday"', Contains(Field.PATH, "my holiday")),
        ("path:'a \"b\" c'", Contains(Field.PATH, 'a "b" c')),
        (r'path:"a \"b\" \\ \d"', Contains(Field.PATH, r'a "b" \ \d')),
        ("path:a:b", Contains(Field.PATH, "a:b")),
        ('path:":b"', Contains(Field.PATH, ":b")),
        (r"path::IMG_\d+", Pattern(Field.PATH, r"IMG_\d+")),
        ("camera::^Canon", Pattern(Field.CAMERA, "^Canon")),
        ("failed:truncated|yes", Choice(Field.FAILED, ("truncated", "yes"))),
    ],
)
def test_a_word_is_one_test(text: str, meaning: object) -> None:
    assert meaning_of(text) == meaning


def test_words_must_all_hold_and_alternatives_are_set_apart_by_a_comma() -> None:
    query = parse("emotion:happy -path:Screenshots , emotion:sad sort:confidence- taken+", NOW)
    happy, sad = (Choice(Field.EMOTION, (name,)) for name in ("happy", "sad"))
    shots = Term(Contains(Field.PATH, "Screenshots"), negated=True)
    assert query.alternatives == ((Term(happy), shots), (Term(sad),))
    assert query.order == (Order(SortKey.CONFIDENCE, descending=True), Order(SortKey.TAKEN, descending=False))


def test_no_words_select_every_photo() -> None:
    assert parse("  ", NOW) == Query()


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2024", datetime(2024, 1, 1), datetime(2025, 1, 1)),
        ("2023-12", datetime(2023, 12, 1), datetime(2024, 1, 1)),
        ("2024-02-29", datetime(2024, 2, 29), datetime(2024, 3, 1)),
        ("2024-02-29T23", datetime(2024, 2, 29, 23), datetime(2024, 3, 1)),
        ("2024-02-29t23:59", datetime(2024, 2, 29, 23, 59), datetime(2024, 3, 1)),
        ("..2024-05-17T14:03:21", None, datetime(2024, 5, 17, 14, 3, 22)),
        ("-1w..", datetime(2024, 5, 10, 14, 3, 21), None),
        ("..-3m", None, datetime(2024, 2, 17, 14, 3, 21)),
        ("-1y..-2h", datetime(2023, 5, 17, 14, 3, 21), datetime(2024, 5, 17, 12, 3, 21)),
        ("-1d", datetime(2024, 5, 16), datetime(2024, 5, 17)),
        ("-2h", datetime(2024, 5, 17, 12), datetime(2024, 5, 17, 13)),
        ("9999..", datetime(9999, 1, 1), None),
        ("..9999", None, None),
    ],
)
def test_a_date_means_all_it_names(text: str, since: datetime | None, until: datetime | None) -> None:
    assert read_period(text, NOW) == (since, until)


def test_a_month_before_the_31st_is_the_last_day_of_a_shorter_month() -> None:
    assert read_period("-1m..", datetime(2024, 3, 31)) == (datetime(2024, 2, 29), None)


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("path:x emotoin:happy", 7, "did you mean emotion?"),
        ("emotion:hapy", 8, "did you mean happy?"),
        ("emotion:sad|hapy", 12, "did you mean happy?"),
        ("emotion:happy, emotion:sad", 8, "' , '"),
        ("-conf:1", 1, "did you mean"),
        ("confidence:90..", 11, "between 0 and 1"),
        ("faces:-1", 6, "whole number"),
        ("faces:4..2", 6, "ends before it begins"),
        ("taken:2024-13", 6, "month must be in 1..12"),
        ("taken:may", 6, "write 2024"),
        ("taken:2024..2023", 6, "ends before it begins"),
        ("added:-9999y..", 6, "before the year 1"),
        ("a path:", 7, "needs a value"),
        ('path:"x', 5, "never closed"),
        ('path:"x"y', 8, "space is missing"),
        ("path::a(b", 7, "regular expression"),
        (r"path::(a)\1", 6, "back-references are not read"),
        ("path::a(?=b)", 6, "look-around"),
        ("path::((a{1,100}){1,100}){1,100}", 6, "repetition"),
        ("faces::2", 0, "is no text"),
        (":happy", 0, "field is missing"),
        ("emotion:sad ,", 12, "nothing after"),
        (", emotion:sad", 0, "nothing before"),
        ("-", 1, "nothing to look for"),
        ("sort:emotion", 5, "not ordered by"),
        ("sort:taken--", 5, "not ordered by"),
        ("-sort:taken", 0, "no opposite"),
        ("taken- sort:taken+", 12, "twice"),
    ],
)
def test_a_mistake_is_pointed_at(text: str, at: int, reason: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, NOW)
    assert (caught.value.position, caught.value.query) == (at, text)
    assert reason in caught.value.reason


def test_an_order_may_stand_by_itself() -> None:
    assert parse_order("confidence-, taken") == parse("sort:confidence- sort:taken", NOW).order
    with pytest.raises(QueryError, match="not ordered by 'size'"):
        parse_order("taken size")


def test_the_newest_come_first_unless_the_order_says_otherwise() -> None:
    newest = Order(SortKey.TAKEN, descending=True)
    assert full_order(Query()) == (newest,)
    assert full_order(parse("faces+", NOW)) == (Order(SortKey.FACES, descending=False), newest)


def test_a_command_lines_words_become_one_query() -> None:
    assert query_text([]) == ""
    assert query_text(["emotion:happy path:x"]) == "emotion:happy path:x"
    text = query_text(["-path:a\\b c", "my holiday", ",", "faces:2"])
    assert parse(text, NOW) == parse(r'-path:"a\\b c" "my holiday" , faces:2', NOW)


@given(queries())
def test_a_query_written_down_reads_the_same(query: Query) -> None:
    assert parse(format_query(query), NOW) == query


def test_written_dates_are_short() -> None:
    assert write_period(datetime(2024, 1, 1), datetime(2024, 2, 1)) == "2024-01"
    assert write_period(datetime(2024, 1, 1), datetime(2025, 1, 1)) == "2024"
    assert write_period(datetime(2024, 1, 1, 12), None) == "2024-01-01T12.."
    assert write_period(None, None) == ".."


@given(st.text())
def test_any_text_parses_or_is_a_query_error(text: str) -> None:
    try:
        query = parse(text, NOW)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
    else:
        assert parse(format_query(query), NOW) == query


def test_case_and_composition_do_not_matter() -> None:
    assert contains("Urlaub in ZÜRICH", "zürich")
    assert contains("Zu\N{COMBINING DIAERESIS}rich", "ZÜRICH")
    assert contains("Zürich", "u\N{COMBINING DIAERESIS}")
    assert contains("Отпуск", "оТПУСК")
    assert not contains("Straße", "strasse")
    assert not contains("\N{KELVIN SIGN}", "k")


@given(st.text())
def test_folding_keeps_the_length_and_is_done_once(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@given(st.characters(min_codepoint=0x80))
def test_the_letters_that_fold_to_one_are_all_known(letter: str) -> None:
    folded = fold(letter)
    assert letter == folded or (letter, folded) in capitals(folded)
    assert folded in forms(letter)


def test_every_choice_is_a_word_that_parses() -> None:
    for field, options in CHOICES.items():
        assert meaning_of(f"{field}:{'|'.join(options)}") == Choice(field, options)
