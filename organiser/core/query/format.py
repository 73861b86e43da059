"""Query → the text that parses to it."""

from organiser.core.query.dates import write_period
from organiser.core.query.terms import Between, Choice, Contains, Order, Pattern, Period, Query, Term


def format_query(query: Query) -> str:
    """Return the text of a query, dates absolute; `parse` gives the same query back.

    >>> from datetime import datetime
    >>> from organiser.core.query.parse import parse
    >>> format_query(parse("added:-1w.. holiday faces- , Emotion:sad", datetime(2024, 5, 17, 12, 0)))
    'added:2024-05-10T12.. path:holiday , emotion:sad sort:faces-'
    """
    words = [" ".join(map(_word, terms)) for terms in query.alternatives]
    text = " , ".join(words)
    order = format_order(query.order)
    return f"{text} {order}".strip()


def format_order(order: tuple[Order, ...]) -> str:
    """Return the sort words of an order, or an empty text for the default."""
    return " ".join(f"sort:{key.key}{'-' if key.descending else '+'}" for key in order)


def _word(term: Term) -> str:
    minus = "-" if term.negated else ""
    match term.test:
        case Choice(field, options):
            return f"{minus}{field}:{'|'.join(options)}"
        case Between(field, low, high, percent):
            return f"{minus}{field}:{_range(low, high, '%' if percent else '')}"
        case Period(field, since, until):
            return f"{minus}{field}:{write_period(since, until)}"
        case Contains(field, text):
            return f"{minus}{field}:{_quoted(text)}"
        case Pattern(field, expression):
            return f"{minus}{field}::{_quoted(expression)}"


def _range(low: float | None, high: float | None, unit: str) -> str:
    if low is not None and low == high:
        return f"{low!r}{unit}"
    if low is None and high is None:
        return f"..{unit}"
    return "..".join("" if bound is None else f"{bound!r}{unit}" for bound in (low, high))


def _quoted(text: str) -> str:
    if text[:1] not in (":", "'", '"') and not any(map(str.isspace, text)):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
