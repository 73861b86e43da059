"""Photos by month and emotion, on both databases: the database counts what the rows of a search say."""

import random
from collections import Counter
from datetime import datetime
from random import Random

import pytest

from organiser.core.query.parse import parse
from organiser.index.db.engine import Index, reading, writing
from organiser.index.search.find import rows
from organiser.index.views.months import emotions_by_month
from tests.index.album import fill

NOW = datetime(2024, 5, 17)


@pytest.mark.parametrize("words", ["", "emotion:happy|none", "faces:1.. reason:clear", "-emotion:sad", "path:zürich"])
def test_months_count_what_a_search_gives(index: Index, words: str) -> None:
    with writing(index) as tx:
        fill(tx, Random(random.getrandbits(32)), 80)
    with reading(index) as tx:
        query = parse(words, NOW)
        seen = Counter((row.taken.isoformat()[:7] if row.taken else None, row.emotion) for row in rows(tx, query))
        assert emotions_by_month(tx, query) == seen
