"""Counts are those of the photos that a search gives, for the questions that kept counts answer."""

import random
from datetime import datetime
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organiser.core.query.terms import Alternative, Choice, Contains, Field, Query, Term
from organiser.index.db.engine import Index, reading, writing
from organiser.index.search.find import count, photo_ids
from organiser.index.search.names import names_for
from organiser.index.search.tallied import can_tally_paths
from tests.index.album import CAMERAS, VALUES, fill
from tests.rows import add_photo, add_root

NOW = datetime(2024, 5, 17)

_OF_FILES = st.builds(Contains, st.sampled_from([Field.PATH, Field.PATH, Field.ROOT]), VALUES.text)
_OTHERS = st.one_of(
    st.builds(Contains, st.just(Field.CAMERA), st.sampled_from([*CAMERAS, "a", "ü"])),
    st.builds(Choice, st.just(Field.REASON), st.sampled_from([("clear",), ("mixed", "unsure"), ("no_face",)])),
    st.builds(Choice, st.just(Field.EMOTION), st.sampled_from([("happy",), ("none",), ("sad", "none")])),
)


def alternatives() -> st.SearchStrategy[Alternative]:
    alike = st.sampled_from([_OF_FILES, _OF_FILES, _OTHERS, _OF_FILES | _OTHERS])
    return alike.flatmap(lambda tests: st.lists(st.builds(Term, tests, st.booleans()), max_size=4).map(tuple))


def test_counts_are_those_of_the_photos_found(index: Index) -> None:
    with writing(index) as tx:
        fill(tx, Random(random.getrandbits(32)), 120)
    with reading(index) as tx:

        @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
        @given(st.lists(alternatives(), min_size=1, max_size=2))
        def agree(some: list[Alternative]) -> None:
            query = Query(tuple(some))
            assert count(tx, query) == len(list(photo_ids(tx, query)))

        agree()


def test_digits_of_names_are_not_taken_for_others(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        for number in range(12):
            add_photo(tx, root, f"2024/IMG_{number:02}.jpg", str(number))
        add_photo(tx, root, "2024/again_05.jpg", "5")
        for text, number in (("_05.", 1), ("IMG_1", 2), ("2024", 12), ("4/i", 12), ("9j", 0), ("09.j", 1)):
            asked, without = Term(Contains(Field.PATH, text)), Term(Contains(Field.PATH, text), negated=True)
            assert count(tx, Query(((asked,),))) == number
            assert count(tx, Query(((without,),))) == 12 - number
        if index.dialect.name == "sqlite":
            told = {text: Term(Contains(Field.PATH, text)) for text in ("2024", "IMG_", "IMG_1", "9jx")}
            names = names_for(tx, Query(tuple((term,) for term in told.values())))
            found = {text: can_tally_paths(tx, (term,), names) for text, term in told.items()}
            assert found == {"2024": True, "IMG_": True, "IMG_1": False, "9jx": True}
