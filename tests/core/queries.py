"""Random queries of every kind, for properties."""

from dataclasses import dataclass, replace
from datetime import datetime

from hypothesis import strategies as st

from organiser.core.query.fields import CHOICES, FRACTIONS, MOMENTS, TEXTS, WHOLE_NUMBERS, WITH_PERCENT
from organiser.core.query.terms import (
    Alternative,
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
    Test,
)


def _choices() -> st.SearchStrategy[Test]:
    def of(field: Field) -> st.SearchStrategy[Test]:
        options = st.lists(st.sampled_from(CHOICES[field]), min_size=1, max_size=3, unique=True)
        return options.map(lambda chosen: Choice(field, tuple(str(option) for option in chosen)))

    return st.sampled_from(sorted(CHOICES)).flatmap(of)


def _betweens(whole: st.SearchStrategy[int], share: st.SearchStrategy[float]) -> st.SearchStrategy[Test]:
    def ordered(field: Field, low: float | None, high: float | None) -> Test:
        swapped = low is not None and high is not None and low > high
        return Between(field, high, low) if swapped else Between(field, low, high)

    wholes, shares = st.none() | whole, st.none() | share
    counted = st.builds(ordered, st.sampled_from(sorted(WHOLE_NUMBERS)), wholes, wholes)
    percents = st.builds(ordered, st.sampled_from(sorted(WITH_PERCENT)), wholes, wholes).map(
        lambda test: replace(test, percent=True)
    )
    return counted | percents | st.builds(ordered, st.sampled_from(sorted(FRACTIONS)), shares, shares)


def _periods(moment: st.SearchStrategy[datetime]) -> st.SearchStrategy[Test]:
    def ordered(field: Field, since: datetime | None, until: datetime | None) -> Test:
        if since is not None and until is not None and since >= until:
            return Period(field, since, None)
        return Period(field, since, until)

    bound = st.none() | moment
    return st.builds(ordered, st.sampled_from(sorted(MOMENTS)), bound, bound)


TEXT = st.text(min_size=1, max_size=12)
PATTERN = st.sampled_from([r"IMG_\d+", "^a b", 'x"y|z', ":", r"\\"])
MOMENT = st.datetimes(datetime(1, 1, 1, 0, 0, 1), datetime(9999, 12, 31)).map(lambda at: at.replace(microsecond=0))
WHOLE = st.integers(0, 10**9 - 1)
SHARE = st.floats(0, 1)


@dataclass(frozen=True)
class Values:
    """Where the values of random tests are drawn from."""

    text: st.SearchStrategy[str] = TEXT
    pattern: st.SearchStrategy[str] = PATTERN
    moment: st.SearchStrategy[datetime] = MOMENT
    whole: st.SearchStrategy[int] = WHOLE
    share: st.SearchStrategy[float] = SHARE


def queries(values: Values = Values()) -> st.SearchStrategy[Query]:
    """Random queries of one to three alternatives with up to three terms, in a random order."""
    field = st.sampled_from(sorted(TEXTS))
    texts = st.builds(Contains, field, values.text) | st.builds(Pattern, field, values.pattern)
    test = _choices() | _betweens(values.whole, values.share) | _periods(values.moment) | texts
    terms = st.builds(Term, test, st.booleans())
    alternatives = st.lists(st.lists(terms, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)
    everything: tuple[Alternative, ...] = ((),)
    keys = st.lists(st.sampled_from(SortKey), max_size=2, unique=True)
    orders = keys.flatmap(lambda chosen: st.tuples(*(st.builds(Order, st.just(key), st.booleans()) for key in chosen)))
    return st.builds(Query, alternatives | st.just(everything), orders)
