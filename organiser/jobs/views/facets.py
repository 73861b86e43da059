"""What the photos that a query selects can be told apart by, counted: for filters that show what they would leave."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from organiser.core.query.parse import parse
from organiser.core.query.terms import Query
from organiser.errors import QueryError
from organiser.index.db.engine import Transaction
from organiser.index.search import find
from organiser.index.tables import collections
from organiser.index.views.months import emotions_by_month
from organiser.index.views.stats import NONE, tallies
from organiser.jobs.corrections.review import narrowed

FACETS = ("emotion", "reason", "faces", "month", "folder", "camera")


def facets(tx: Transaction, query: Query, now: datetime) -> tuple[int, Mapping[str, Counter[str]]]:
    """Return how many photos a query selects, and how many of them each facet's values have, with its collections.

    `month_emotion` counts months and emotions together: "2024-05 happy".
    """
    counted = tallies(tx, query)
    found = {name: counted.get(name, Counter()) for name in FACETS}
    months = emotions_by_month(tx, query)
    found["month_emotion"] = Counter(
        {f"{month or NONE} {emotion or NONE}": n for (month, emotion), n in months.items()}
    )
    found["collection"] = Counter()
    for saved in collections.every(tx):
        try:
            selected = parse(saved.collection.query, now)
        except QueryError:
            continue  # an older version took it; listing the collections tells
        found["collection"][saved.collection.name] = find.count(tx, narrowed(query, selected))
    return sum(found["emotion"].values()), found
