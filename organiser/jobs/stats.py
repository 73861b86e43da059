"""The library in numbers: what a query selects, counted by what people ask about. One pass over the answer."""

from collections import Counter, defaultdict
from collections.abc import Mapping

from organiser.core.query.terms import Query
from organiser.index import failures, search
from organiser.index.engine import Transaction

_NONE = "none"


def tally(tx: Transaction, query: Query) -> Mapping[str, Counter[str]]:
    """Count the photos that `query` selects, by field and value, and the whole library's failures by kind.

    "none" stands for what is not known.
    """
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in search.rows(tx, query):
        found["emotion"][row.emotion or _NONE] += 1
        found["reason"][row.reason or "not judged"] += 1
        found["faces"][_NONE if row.faces is None else str(row.faces)] += 1
        found["month"][_NONE if row.taken is None else f"{row.taken:%Y-%m}"] += 1
        found["folder"][row.path.rpartition("/")[0]] += 1
        found["camera"][row.camera or _NONE] += 1
    found["failure"].update(one.kind for one in failures.every(tx))
    return found
