"""What a person may want to write next in a query: fields, then the values of a field. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from organiser.core.query.fields import FIELDS, ChoiceField, MomentField, NumberField
from organiser.core.query.terms import Field, SortKey

_SORT = "sort"
_MOST = 12


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text that may take the place of the word under the cursor, and what it means."""

    text: str
    hint: str


def suggest(query: str, at: int, values: Mapping[Field, Sequence[str]]) -> tuple[int, list[Suggestion]]:
    """Return where the word before offset `at` begins, and what may stand from there to `at`.

    Args:
        values: the texts there are of cameras, roots, models and keywords.

    >>> suggest("faces:2 emotion:ha", 18, {})
    (8, [Suggestion(text='emotion:happy', hint='')])
    >>> [suggestion.text for suggestion in suggest("-rea", 4, {})[1]]
    ['-reason:']
    """
    head = query[:at]
    start = _word_start(head)
    word = head[start:]
    minus = "-" if word.startswith("-") else ""
    name, colon, begun = word.removeprefix("-").partition(":")
    if not colon:
        return start, [*_fields(name.lower(), minus), *_words(name.lower(), minus)][:_MOST]
    if name.lower() == _SORT and not minus:
        keys = (f"{key}{sign}" for key in SortKey for sign in "-+")
        return start, [Suggestion(f"sort:{key}", "") for key in keys if key.startswith(begun.lower())][:_MOST]
    if name.lower() not in set(Field):
        return start, []
    field = Field(name.lower())
    return start, [Suggestion(f"{minus}{field}:{text}", "") for text in _values(field, begun, values)][:_MOST]


def _word_start(head: str) -> int:
    """Where the last word begins; a quote that is still open holds its spaces."""
    start, quote = 0, ""
    for at, char in enumerate(head):
        if quote:
            quote = "" if char == quote and head[at - 1] != "\\" else quote
        elif char in "\"'" and (at == start or head[at - 1] in ":-"):
            quote = char
        elif char.isspace():
            start = at + 1
    return start


def _fields(begun: str, minus: str) -> list[Suggestion]:
    found = [Suggestion(f"{minus}{field}:", FIELDS[field].hint) for field in Field if field.startswith(begun)]
    return [*found, Suggestion("sort:", "the order")] if _SORT.startswith(begun) and not minus else found


def _words(begun: str, minus: str) -> list[Suggestion]:
    """Values that say by themselves which field is meant."""
    if not begun:
        return []
    fields = Field.EMOTION, Field.REASON
    return [Suggestion(f"{minus}{f}:{word}", "") for f in fields for word in _options(f) if word.startswith(begun)]


def _options(field: Field) -> tuple[str, ...]:
    row = FIELDS[field]
    return row.options if isinstance(row, ChoiceField) else ()


def _values(field: Field, begun: str, values: Mapping[Field, Sequence[str]]) -> list[str]:
    if options := _options(field):
        before, bar, last = begun.rpartition("|")
        taken = before.lower().split("|")
        words = [word for word in options if word.startswith(last.lower()) and word not in taken]
        return [f"{before}{bar}{word}" for word in words]
    row = FIELDS[field]
    if isinstance(row, NumberField | MomentField):
        return [text for text in row.examples if text.startswith(begun)]
    wanted = begun.lstrip("\"':").lower()
    return [_quoted(text) for text in values.get(field, ()) if wanted in text.lower()]


def _quoted(text: str) -> str:
    if not re.search(r"\s", text) and text[:1] not in (":", "'", '"'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
