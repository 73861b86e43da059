"""The meaning of a query over one photo's facts: the reading that SQL has to agree with."""

import math
from datetime import datetime

from organiser.core.query.facts import Facts
from organiser.core.query.fields import FIELDS, ChoiceField, MomentField, NumberField, TextField
from organiser.core.query.fold import contains
from organiser.core.query.regex import found_in
from organiser.core.query.terms import (
    YES,
    Alternative,
    Between,
    Choice,
    Contains,
    Field,
    Pattern,
    Period,
    Query,
    Term,
    Test,
)

_EPOCH_YEAR = 1970


def matches(query: Query, facts: Facts) -> bool:
    """Say whether a query selects the photo with these facts."""
    return any(_selects(terms, facts) for terms in query.alternatives)


def missing_states(terms: Alternative) -> frozenset[bool]:
    """Return for which values of `Facts.missing` an alternative can hold; without a `missing:` term only for False."""
    allowed = {False, True}
    answered = False
    for term in terms:
        if isinstance(term.test, Choice) and term.test.field is Field.MISSING:
            answered = True
            options = {option == YES for option in term.test.options}
            allowed &= {False, True} - options if term.negated else options
    return frozenset(allowed if answered else {False})


def epoch(moment: datetime) -> float:
    """Return a local wall-clock time as seconds since the epoch, in the zone this machine is set to.

    Beyond what the machine's clock can tell (the years 1 and 9999) it is minus or plus infinity.
    """
    try:
        return moment.timestamp()
    except (OverflowError, ValueError):
        return math.inf if moment.year > _EPOCH_YEAR else -math.inf


def holds_text(test: Contains | Pattern, text: str) -> bool:
    """Say whether one text passes a test on texts."""
    if isinstance(test, Contains):
        return contains(text, test.text)
    return found_in(test.expression, text)


def _selects(terms: Alternative, facts: Facts) -> bool:
    return facts.missing in missing_states(terms) and all(_holds(term, facts) for term in terms)


def _holds(term: Term, facts: Facts) -> bool:
    return _passes(term.test, facts) is not term.negated


def _passes(test: Test, facts: Facts) -> bool:
    match test, FIELDS[test.field]:
        case Choice(), ChoiceField() as row:
            return not row.states(facts).isdisjoint(test.options)
        case Between(_, low, high, percent), NumberField() as row:
            number = row.percent(facts) if percent and row.percent else row.number(facts)
            if row.whole and number is not None:
                number = math.floor(number)
            return number is not None and (low is None or low <= number) and (high is None or number <= high)
        case Period(), MomentField() as row:
            return _within(test, row.moment(facts))
        case (Contains() | Pattern()) as wanted, TextField() as row:
            return any(holds_text(wanted, text) for text in row.texts(facts))
    raise TypeError(f"{test.field} cannot be asked for by {type(test).__name__}")


def _within(period: Period, moment: datetime | float | None) -> bool:
    since, until = period.since, period.until
    if isinstance(moment, datetime):
        return (since is None or since <= moment) and (until is None or moment < until)
    if moment is None:
        return False
    return (since is None or epoch(since) <= moment) and (until is None or moment < epoch(until))
