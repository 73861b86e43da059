"""The meaning of a query over one photo's facts: the reading that SQL has to agree with."""

import math
import re
from datetime import datetime

from organiser.core.query.facts import Facts
from organiser.core.query.fold import contains
from organiser.core.query.terms import (
    NO,
    NONE,
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
    return re.search(test.expression, text) is not None


def _selects(terms: Alternative, facts: Facts) -> bool:
    return facts.missing in missing_states(terms) and all(_holds(term, facts) for term in terms)


def _holds(term: Term, facts: Facts) -> bool:
    return _passes(term.test, facts) is not term.negated


def _passes(test: Test, facts: Facts) -> bool:
    match test:
        case Choice(field, options):
            return not _states(field, facts).isdisjoint(options)
        case Between(field, low, high):
            number = _number(field, facts)
            return number is not None and (low is None or low <= number) and (high is None or number <= high)
        case Period(field, since, until):
            return _within(field, since, until, facts)
        case Contains() | Pattern():
            return any(holds_text(test, text) for text in _texts(test.field, facts))


def _states(field: Field, facts: Facts) -> frozenset[str]:
    """The options of a choice that are true of a photo."""
    if field is Field.REASON:
        return frozenset() if facts.reason is None else frozenset({facts.reason})
    if field is Field.EMOTION:
        return frozenset() if facts.reason is None else frozenset({facts.emotion or NONE})
    holds = {
        Field.JUDGED: facts.reason is not None,
        Field.CORRECTED: facts.corrected,
        Field.FAILED: bool(facts.failures),
        Field.DUPLICATES: len(facts.paths) > 1,
        Field.MISSING: facts.missing,
    }[field]
    answered = frozenset({YES if holds else NO})
    return answered | facts.failures if field is Field.FAILED else answered


def _number(field: Field, facts: Facts) -> float | None:
    numbers = {Field.CONFIDENCE: facts.confidence, Field.FACES: facts.faces, Field.WIDTH: facts.width}
    return numbers.get(field, facts.height)


def _within(field: Field, since: datetime | None, until: datetime | None, facts: Facts) -> bool:
    if field is Field.ADDED:
        return (since is None or epoch(since) <= facts.added) and (until is None or facts.added < epoch(until))
    taken = facts.taken
    return taken is not None and (since is None or since <= taken) and (until is None or taken < until)


def _texts(field: Field, facts: Facts) -> tuple[str, ...]:
    match field:
        case Field.PATH:
            return facts.paths
        case Field.ROOT:
            return facts.roots
        case Field.CAMERA:
            return (facts.camera,) if facts.camera is not None else ()
        case _:
            return (facts.model,) if facts.model is not None else ()
