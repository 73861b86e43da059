r"""Text → query. The grammar:

    query        = alternative { " , " alternative }
    alternative  = { word }
    word         = [ "-" ] field ":" value      a test, or its opposite
                 | [ "-" ] field "::" regex     on texts
                 | [ "-" ] text                 short for path:text
                 | "sort:" key [ "+" | "-" ]    or just key "+", key "-"
    value, text  = characters without space | "…" | '…'   (inside quotes, \ before a quote or \ takes it as it is)

A quote counts only where a value begins, so that `path:Anna's` needs none.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from organiser.core.query.dates import read_period
from organiser.core.query.fields import CHOICES, MOMENTS, SIGNED, TEXTS, WHOLE_NUMBERS, WITH_PERCENT
from organiser.core.query.regex import ExpressionError, check
from organiser.core.query.terms import (
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
from organiser.errors import QueryError

_WORD = re.compile(
    r"""(?P<minus>-)?
        (?:(?P<field>[^\s:"']*)(?P<colons>::?))?
        (?P<value>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | \S*)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"""\\(["'\\])""")
_OPERATORS = {
    "OR": "write ' , ' between alternatives",
    "||": "write ' , ' between alternatives",
    "|": "write ' , ' between alternatives, or a|b between values of a field",
    "AND": "terms that stand side by side all have to hold",
    "&&": "terms that stand side by side all have to hold",
    "NOT": "write a minus before a term, as in -path:holiday",
    "!": "write a minus before a term, as in -path:holiday",
}
"""What means something in other query languages, and how this one says it."""

_SORT = re.compile(rf"({'|'.join(SortKey)})([+-])", re.IGNORECASE)


def parse(text: str, now: datetime) -> Query:
    """Return the query that `text` says; relative dates are taken from `now` (local wall-clock time).

    Raises:
        QueryError: it does not parse; the position is that of the text at fault.
    """
    alternatives: list[list[Term]] = [[]]
    order: list[Order] = []
    comma = None
    for word in _words(text):
        if word.whole == ",":
            if not alternatives[-1]:
                raise word.wrong("there is nothing before this comma", word.start)
            alternatives.append([])
            comma = word
        elif (found := _order(word)) is not None:
            order.append(found)
        else:
            _refuse_operator(word)
            alternatives[-1].append(Term(_test(word, now), word.negated))
    if comma is not None and not alternatives[-1]:
        raise comma.wrong("there is nothing after this comma", comma.start)
    return Query(tuple(tuple(terms) for terms in alternatives), _checked(order, text))


def bare_words(text: str) -> list[str]:
    """Return the words of a query, of one that parses, that name no field and so are looked for in paths.

    >>> bare_words("happy taken:2024 -beach , 'a b' confidence-")
    ['happy', 'beach', 'a b']
    """
    words = [word for word in _words(text) if word.field is None and word.whole != "," and _order(word) is None]
    return [word.value for word in words]


def _refuse_operator(word: "_Word") -> None:
    if word.field is None and not word.quoted and word.value in _OPERATORS:
        meant = f"; to look for it in paths write path:{word.value}"
        raise word.wrong(f"{word.value} is no operator here: {_OPERATORS[word.value]}{meant}", word.start)


def parse_order(text: str) -> tuple[Order, ...]:
    """Return the order that `text` says: keys with their signs, as `confidence- taken+` or `confidence-,taken+`.

    Raises:
        QueryError: a key is not one that answers are ordered by.
    """
    words = re.finditer(r"[^\s,]+", text)
    return _checked([_sort_value(_Word(text, word.start(), word[0], word[0], word.start())) for word in words], text)


def query_text(words: Sequence[str]) -> str:
    """Return the query that a command line's words say: one word is a whole query, of several each is one term.

    >>> query_text(["emotion:happy", "path:my holiday"])
    'emotion:happy path:"my holiday"'
    """
    return words[0] if len(words) == 1 else " ".join(map(_as_word, words))


def _as_word(word: str) -> str:
    match = _WORD.match(word)
    if match is None or match.end() == len(word):
        return word
    start = match.start("value")
    return word[:start] + '"' + word[start:].replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True, slots=True)
class _Word:
    """One word of `query`: where it starts, its text, and its value without quotes and where that starts."""

    query: str
    start: int
    whole: str
    value: str
    value_at: int
    field: str | None = None
    regex: bool = False
    negated: bool = False
    quoted: bool = False

    def wrong(self, reason: str, position: int | None = None) -> QueryError:
        return QueryError(self.query, self.value_at if position is None else position, reason)


def _words(text: str) -> Iterator[_Word]:
    position = 0
    while (start := _skip_space(text, position)) < len(text):
        match = _WORD.match(text, start)
        assert match is not None  # every part of the pattern may be empty
        position = match.end()
        yield _word(text, match)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _word(text: str, match: re.Match[str]) -> _Word:
    value, at = match["value"], match.start("value")
    quoted = value[:1] in ("'", '"')
    if quoted and not (len(value) > 1 and value[-1] == value[0]):
        raise QueryError(text, at, f"the quote {value[0]} is never closed")
    if text[match.end() : match.end() + 1].strip():
        raise QueryError(text, match.end(), "a space is missing after the closing quote")
    return _Word(
        query=text,
        start=match.start(),
        whole=match[0],
        value=_ESCAPE.sub(r"\1", value[1:-1]) if quoted else value,
        value_at=at + quoted,
        field=match["field"],
        regex=match["colons"] == "::",
        negated=match["minus"] is not None,
        quoted=quoted,
    )


def _order(word: _Word) -> Order | None:
    """The order a word asks for, or None when the word is a test."""
    if word.field is None:
        sort = None if word.quoted or word.negated else _SORT.fullmatch(word.value)
        return Order(SortKey(sort[1].lower()), sort[2] == "-") if sort else None
    if word.field.lower() != "sort":
        return None
    if word.negated:
        raise word.wrong("an order has no opposite; write sort:taken- for newest first", word.start)
    return _sort_value(word)


def _sort_value(word: _Word) -> Order:
    key = word.value.rstrip("+-").lower()
    if key not in set(SortKey) or len(word.value) - len(key) > 1:
        raise word.wrong(f"answers are not ordered by {word.value!r}{_meant(key, SortKey)}")
    return Order(SortKey(key), descending=word.value.endswith("-"))


def _checked(order: list[Order], text: str) -> tuple[Order, ...]:
    keys = [part.key for part in order]
    for key in keys:
        if keys.count(key) > 1:
            raise QueryError(text, max(text.lower().rfind(key), 0), f"the order names {key} twice")
    return tuple(order)


def _test(word: _Word, now: datetime) -> Test:
    field = Field.PATH if word.field is None else _field(word, word.field.lower())
    if not word.value:
        raise word.wrong("there is nothing to look for" if word.field is None else f"{field}: needs a value")
    if word.regex:
        return _pattern(word, field)
    if field in TEXTS:
        return Contains(field, word.value)
    if field in MOMENTS:
        return _read(word, lambda value: Period(field, *read_period(value, now)))
    if field in CHOICES:
        return Choice(field, _options(word, field))
    return _read(word, lambda value: _between(field, value))


def _field(word: _Word, name: str) -> Field:
    if name in set(Field):
        return Field(name)
    at = word.start + word.negated
    if not name:
        raise word.wrong("a field is missing before the colon", at)
    raise word.wrong(f"there is no field {name!r}{_meant(name, Field)}", at)


def _meant(name: str, known: Iterable[str]) -> str:
    words = list(known)
    close = [word for word in words if name and word.startswith(name)] or get_close_matches(name, words, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(words)}"


def _read(word: _Word, reader: Callable[[str], Test]) -> Test:
    try:
        return reader(word.value)
    except ValueError as error:
        raise word.wrong(str(error)) from None


def _pattern(word: _Word, field: Field) -> Pattern:
    if field not in TEXTS:
        raise word.wrong(f"{field} is no text that a regular expression could match", word.start + word.negated)
    try:
        check(word.value)
    except ExpressionError as error:
        raise word.wrong(str(error), word.value_at + error.position) from None
    return Pattern(field, word.value)


def _options(word: _Word, field: Field) -> tuple[str, ...]:
    at = word.value_at
    for option in word.value.split("|"):
        if option.lower() not in CHOICES[field]:
            hint = "; set alternatives apart with spaces: ' , '" if option.endswith(",") else ""
            raise word.wrong(f"{field} is never {option!r}{hint or _meant(option.lower(), CHOICES[field])}", at)
        at += len(option) + 1
    return tuple(dict.fromkeys(word.value.lower().split("|")))


def _between(field: Field, value: str) -> Between:
    low, dots, high = value.partition("..")
    percent = field in WITH_PERCENT and "%" in value
    unit = "%" if percent else "px"
    if field in WITH_PERCENT:
        low, high = low.removesuffix(unit), high.removesuffix(unit)
    bounds = [_number(field, part) if part else None for part in (low, high if dots else low)]
    if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
        raise ValueError(f"{value!r} ends before it begins")
    return Between(field, bounds[0], bounds[1], percent)


def _number(field: Field, text: str) -> float:
    if field in WHOLE_NUMBERS:
        if not re.fullmatch("-?[0-9]{1,9}" if field in SIGNED else "[0-9]{1,9}", text):
            examples = f"{field}:100.. or {field}:25%.." if field in WITH_PERCENT else f"{field}:2 or {field}:2..4"
            raise ValueError(f"{field} is a whole number, as in {examples}")
        return int(text)
    if not re.fullmatch(r"[0-9]*\.?[0-9]+(e-[0-9]+)?", text) or float(text) > 1:
        raise ValueError(f"{field} lies between 0 and 1, as in {field}:0.9.. or {field}:0.5..0.8")
    return float(text)
