"""Pages: read one behind the other they give the whole answer, in its order, on both databases."""

import random
from datetime import datetime
from random import Random

import pytest

from organiser.core.query.parse import parse
from organiser.index.db.engine import Index, reading, writing
from organiser.index.search import find
from organiser.index.search.position import Position, can_go_on
from tests.index.album import fill

NOW = datetime(2024, 5, 17, 14, 3)
QUERIES = (
    "",
    "emotion:happy",
    "jpg",
    "emotion:happy , emotion:sad",
    "-judged:yes , camera:Canon",
    "taken:2024",
    "reason:unsure|mixed faces:1..",
    "confidence:0.2.. , path:IMG",
    "missing:yes , duplicates:yes",
)
ORDERS = ("sort:taken-", "sort:taken+", "sort:confidence+", "sort:confidence-", "sort:confidence- sort:taken+")


@pytest.fixture
def album(index: Index) -> Index:
    with writing(index) as tx:
        fill(tx, Random(random.getrandbits(32)), 150)
    return index


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("words", QUERIES)
def test_pages_are_the_answer_cut_up(album: Index, words: str, order: str) -> None:
    query = parse(f"{words} {order}", NOW)
    assert can_go_on(query)
    with reading(album) as tx:
        whole = list(find.photo_ids(tx, query))
        pages, after = [], None
        while page := list(find.rows(tx, query, 7, after)):
            pages += [row.photo_id for row in page]
            after = Position(page[-1].photo_id, page[-1].taken, page[-1].confidence)
    assert pages == whole


@pytest.mark.parametrize("order", ["sort:added-", "sort:path+", "sort:faces-", "sort:taken- sort:confidence-"])
def test_other_orders_have_no_position(order: str) -> None:
    assert not can_go_on(parse(order, NOW))
