"""What a query says, as values: alternatives of terms, and the order of the answer. Knows neither text nor rows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

YES = "yes"
NO = "no"
NONE = "none"
"""The option of `emotion:` that stands for a verdict without emotion (mixed, unsure, no face)."""


class Field(StrEnum):
    """What can be asked about a photo; `fields` says of each what it means."""

    EMOTION = "emotion"
    REASON = "reason"
    CONFIDENCE = "confidence"
    FACES = "faces"
    MODEL = "model"
    JUDGED = "judged"
    CORRECTED = "corrected"
    FAILED = "failed"
    TAKEN = "taken"
    ADDED = "added"
    CAMERA = "camera"
    WIDTH = "width"
    HEIGHT = "height"
    PATH = "path"
    ROOT = "root"
    DUPLICATES = "duplicates"
    MISSING = "missing"
    PLACED = "placed"
    DATED = "dated"
    KEYWORD = "keyword"
    RATING = "rating"
    FACE = "face"


@dataclass(frozen=True, slots=True)
class Choice:
    """The field has one of these options."""

    field: Field
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The number is known and lies between the bounds, both included; None is an open end.

    `percent`: of its whole, for a number that can be asked for so.
    """

    field: Field
    low: float | None
    high: float | None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """The moment is known and lies in `since` ≤ moment < `until`: local wall-clock times to the second, or None."""

    field: Field
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Contains:
    """The text holds this one, upper and lower case alike (see `fold`)."""

    field: Field
    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """The regular expression is found in the text; case counts."""

    field: Field
    expression: str


Test = Choice | Between | Period | Contains | Pattern


@dataclass(frozen=True, slots=True)
class Term:
    """One test, or its opposite."""

    test: Test
    negated: bool = False


Alternative = tuple[Term, ...]
"""Terms that must all hold. One that says nothing of `missing` means photos with a present file."""


class SortKey(StrEnum):
    """What an answer can be ordered by."""

    TAKEN = "taken"
    ADDED = "added"
    CONFIDENCE = "confidence"
    FACES = "faces"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class Order:
    """One key of the order; photos for which it is unknown come last in both directions."""

    key: SortKey
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A photo is selected when at least one alternative holds; `Query()` selects every present photo."""

    alternatives: tuple[Alternative, ...] = ((),)
    order: tuple[Order, ...] = ()


_NEWEST_FIRST = Order(SortKey.TAKEN, descending=True)


def full_order(query: Query) -> tuple[Order, ...]:
    """Return the order with its tie-break: newest first. Photos equal in all of it follow by id, as `taken` runs.

    >>> [(order.key.value, order.descending) for order in full_order(Query(order=(Order(SortKey.FACES, True),)))]
    [('faces', True), ('taken', True)]
    """
    if any(order.key is SortKey.TAKEN for order in query.order):
        return query.order
    return (*query.order, _NEWEST_FIRST)
