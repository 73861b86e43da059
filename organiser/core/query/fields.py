"""The one table of what can be asked about a photo: a field's type, its meaning over facts, and its words for people.

Of these `help` is for the documentation; `hint` and `examples`, values that are often asked for, are shown while somebody types.

`index.search.fields` has the same rows with their meaning in SQL, and `docs/query-language.md` shows `value` and
`help`; tests name the row that was forgotten.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from organiser.core.emotion import Emotion
from organiser.core.judging.verdict import Reason
from organiser.core.photo import DateSource, FailureKind
from organiser.core.query.facts import Facts
from organiser.core.query.terms import NO, NONE, YES, Field


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """The value is one of a few words; `states` are the words that are true of a photo."""

    options: tuple[str, ...]
    states: Callable[[Facts], frozenset[str]]
    help: str
    hint: str = field(kw_only=True)
    value: str = "`yes`, `no`"


@dataclass(frozen=True, slots=True)
class NumberField:
    """The value is a number: a whole one, or a fraction between 0 and 1.

    Attributes:
        number: of a whole one, what is behind the point does not count.
        signed: it may be below 0.
        percent: the same number in percent, where it can be asked for so.
    """

    number: Callable[[Facts], float | None]
    help: str
    hint: str = field(kw_only=True)
    examples: tuple[str, ...] = field(default=(), kw_only=True)
    whole: bool = True
    signed: bool = False
    percent: Callable[[Facts], float | None] | None = None

    @property
    def value(self) -> str:
        """How the documentation names the value."""
        if self.percent is not None:
            return "a range of pixels, or with `%` of percent"
        return "a range of whole numbers" if self.whole else "a range of numbers from 0 to 1"


@dataclass(frozen=True, slots=True)
class MomentField:
    """The value is a moment: wall-clock time as a datetime, or seconds since the epoch as a float."""

    moment: Callable[[Facts], datetime | float | None]
    help: str
    hint: str = field(kw_only=True)
    examples: tuple[str, ...] = field(default=(), kw_only=True)
    value: str = "a range of dates"


@dataclass(frozen=True, slots=True)
class TextField:
    """The value is text, of which a photo may have several."""

    texts: Callable[[Facts], tuple[str, ...]]
    help: str
    hint: str = field(kw_only=True)
    value: str = "text"


FieldRow = ChoiceField | NumberField | MomentField | TextField


def _either(holds: Callable[[Facts], bool], meaning: str, *, hint: str) -> ChoiceField:
    return ChoiceField((YES, NO), lambda facts: frozenset({YES if holds(facts) else NO}), meaning, hint=hint)


def _known(text: str | None) -> tuple[str, ...]:
    return () if text is None else (text,)


def _emotions(facts: Facts) -> frozenset[str]:
    return frozenset() if facts.reason is None else frozenset({facts.emotion or NONE})


def _failed(facts: Facts) -> frozenset[str]:
    return frozenset({YES, *facts.failures} if facts.failures else {NO})


def _words(options: tuple[str, ...]) -> str:
    return ", ".join(f"`{option}`" for option in options)


_EMOTIONS = (*Emotion, NONE)
_REASONS = tuple(Reason)

FIELDS: Mapping[Field, FieldRow] = {
    Field.EMOTION: ChoiceField(
        _EMOTIONS,
        _emotions,
        "the verdict is that emotion; `none`: there is a verdict, without emotion",
        _words(_EMOTIONS),
        hint="what it appears to show",
    ),
    Field.REASON: ChoiceField(
        _REASONS,
        lambda facts: frozenset(_known(facts.reason)),
        "that is why the verdict is what it is",
        _words(_REASONS),
        hint="why the verdict is what it is",
    ),
    Field.CONFIDENCE: NumberField(
        lambda facts: facts.confidence,
        "the verdict's confidence lies in it",
        whole=False,
        hint="0 to 1, as in 0.9..",
        examples=("0.9..", "0.7..", "..0.5"),
    ),
    Field.FACES: NumberField(
        lambda facts: facts.faces,
        "so many faces were found",
        hint="how many, as in 2..4",
        examples=("0", "1", "2..", "1.."),
    ),
    Field.MODEL: TextField(
        lambda facts: _known(facts.model),
        "it lies in the name@version of the model that gave the verdict",
        hint="name@version",
    ),
    Field.JUDGED: _either(
        lambda facts: facts.reason is not None,
        "there is a verdict",
        hint="yes or no",
    ),
    Field.CORRECTED: _either(
        lambda facts: facts.corrected,
        "a person said something of the photo",
        hint="somebody said so",
    ),
    Field.FAILED: ChoiceField(
        (YES, NO, *FailureKind),
        _failed,
        "something of that kind could not be done with it",
        f"`yes`, `no`, or a kind: {_words(tuple(FailureKind))}",
        hint="could not be read",
    ),
    Field.TAKEN: MomentField(
        lambda facts: facts.taken,
        "it was taken then, by the camera's clock",
        hint="2024, 2024-05, -1w..",
        examples=("-1w..", "-1m..", "-1y.."),
    ),
    Field.ADDED: MomentField(
        lambda facts: facts.added,
        "the organiser first saw it then",
        hint="2024, 2024-05, -1w..",
        examples=("-1d..", "-1w..", "-1m.."),
    ),
    Field.CAMERA: TextField(
        lambda facts: _known(facts.camera),
        "it lies in make and model",
        hint="make and model",
    ),
    Field.WIDTH: NumberField(
        lambda facts: facts.width,
        "the upright picture is so many pixels wide",
        hint="pixels, as in 3000..",
        examples=("3000..",),
    ),
    Field.HEIGHT: NumberField(
        lambda facts: facts.height,
        "the upright picture is so many pixels high",
        hint="pixels, as in 3000..",
        examples=("3000..",),
    ),
    Field.PATH: TextField(
        lambda facts: facts.paths,
        "it lies in the absolute path of one of the photo's files",
        hint="any part of the path",
    ),
    Field.ROOT: TextField(
        lambda facts: facts.roots,
        "it lies in the path of a root that one of its files is under",
        hint="a folder handed over",
    ),
    Field.DUPLICATES: _either(
        lambda facts: len(facts.paths) > 1,
        "more than one present file shows the photo",
        hint="yes: more than one file",
    ),
    Field.MISSING: _either(
        lambda facts: facts.missing,
        "none of its files is where it was",
        hint="yes: no file of it is there",
    ),
    Field.PLACED: TextField(
        lambda facts: facts.placed,
        "it lies in the name of a collection that holds the photo",
        hint="a collection that holds it",
    ),
    Field.DATED: ChoiceField(
        tuple(DateSource),
        lambda facts: frozenset(_known(facts.taken_from)),
        "that is where the time it was taken is from: the picture itself, its file's name, or the file's own time",
        _words(tuple(DateSource)),
        hint="where its date is from",
    ),
    Field.KEYWORD: TextField(
        lambda facts: facts.keywords,
        "it lies in a keyword that another program gave it",
        hint="given by another program",
    ),
    Field.RATING: NumberField(
        lambda facts: facts.rating,
        "it has so many stars, 0 to 5; -1 where it was rejected",
        signed=True,
        hint="stars, as in 4..",
        examples=("5", "4..", "1..", "-1"),
    ),
    Field.FACE: NumberField(
        lambda facts: facts.face,
        "its tallest face is so high, in pixels or in percent of the picture's height",
        percent=lambda facts: facts.face_share,
        hint="the tallest, as in 100.. or 25%..",
        examples=("100..", "25%..", "..50"),
    ),
}

CHOICES: Mapping[Field, tuple[str, ...]] = {
    name: row.options for name, row in FIELDS.items() if isinstance(row, ChoiceField)
}
"""Fields whose value is one of a few words, with those words."""

WHOLE_NUMBERS = frozenset(name for name, row in FIELDS.items() if isinstance(row, NumberField) and row.whole)
FRACTIONS = frozenset(name for name, row in FIELDS.items() if isinstance(row, NumberField) and not row.whole)
SIGNED = frozenset(name for name, row in FIELDS.items() if isinstance(row, NumberField) and row.signed)
WITH_PERCENT = frozenset(name for name, row in FIELDS.items() if isinstance(row, NumberField) and row.percent)
MOMENTS = frozenset(name for name, row in FIELDS.items() if isinstance(row, MomentField))
TEXTS = frozenset(name for name, row in FIELDS.items() if isinstance(row, TextField))
