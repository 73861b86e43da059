"""The one table of what can be asked about a photo: a field's type, its meaning over facts, and its words for people.

`index.search.fields` has the same rows with their meaning in SQL, and `docs/query-language.md` shows `value` and
`help`; tests name the row that was forgotten.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    value: str = "a range of dates"


@dataclass(frozen=True, slots=True)
class TextField:
    """The value is text, of which a photo may have several."""

    texts: Callable[[Facts], tuple[str, ...]]
    help: str
    value: str = "text"


FieldRow = ChoiceField | NumberField | MomentField | TextField


def _either(holds: Callable[[Facts], bool], meaning: str) -> ChoiceField:
    return ChoiceField((YES, NO), lambda facts: frozenset({YES if holds(facts) else NO}), meaning)


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
    ),
    Field.REASON: ChoiceField(
        _REASONS,
        lambda facts: frozenset(_known(facts.reason)),
        "that is why the verdict is what it is",
        _words(_REASONS),
    ),
    Field.CONFIDENCE: NumberField(lambda facts: facts.confidence, "the verdict's confidence lies in it", whole=False),
    Field.FACES: NumberField(lambda facts: facts.faces, "so many faces were found"),
    Field.MODEL: TextField(
        lambda facts: _known(facts.model), "it lies in the name@version of the model that gave the verdict"
    ),
    Field.JUDGED: _either(lambda facts: facts.reason is not None, "there is a verdict"),
    Field.CORRECTED: _either(lambda facts: facts.corrected, "a person said something of the photo"),
    Field.FAILED: ChoiceField(
        (YES, NO, *FailureKind),
        _failed,
        "something of that kind could not be done with it",
        f"`yes`, `no`, or a kind: {_words(tuple(FailureKind))}",
    ),
    Field.TAKEN: MomentField(lambda facts: facts.taken, "it was taken then, by the camera's clock"),
    Field.ADDED: MomentField(lambda facts: facts.added, "the organiser first saw it then"),
    Field.CAMERA: TextField(lambda facts: _known(facts.camera), "it lies in make and model"),
    Field.WIDTH: NumberField(lambda facts: facts.width, "the upright picture is so many pixels wide"),
    Field.HEIGHT: NumberField(lambda facts: facts.height, "the upright picture is so many pixels high"),
    Field.PATH: TextField(lambda facts: facts.paths, "it lies in the absolute path of one of the photo's files"),
    Field.ROOT: TextField(lambda facts: facts.roots, "it lies in the path of a root that one of its files is under"),
    Field.DUPLICATES: _either(lambda facts: len(facts.paths) > 1, "more than one present file shows the photo"),
    Field.MISSING: _either(lambda facts: facts.missing, "none of its files is where it was"),
    Field.PLACED: TextField(lambda facts: facts.placed, "it lies in the name of a collection that holds the photo"),
    Field.DATED: ChoiceField(
        tuple(DateSource),
        lambda facts: frozenset(_known(facts.taken_from)),
        "that is where the time it was taken is from: the picture itself, its file's name, or the file's own time",
        _words(tuple(DateSource)),
    ),
    Field.KEYWORD: TextField(lambda facts: facts.keywords, "it lies in a keyword that another program gave it"),
    Field.RATING: NumberField(
        lambda facts: facts.rating, "it has so many stars, 0 to 5; -1 where it was rejected", signed=True
    ),
    Field.FACE: NumberField(
        lambda facts: facts.face,
        "its tallest face is so high, in pixels or in percent of the picture's height",
        percent=lambda facts: facts.face_share,
    ),
}

CHOICES: Mapping[Field, tuple[str, ...]] = {
    field: row.options for field, row in FIELDS.items() if isinstance(row, ChoiceField)
}
"""Fields whose value is one of a few words, with those words."""

WHOLE_NUMBERS = frozenset(field for field, row in FIELDS.items() if isinstance(row, NumberField) and row.whole)
FRACTIONS = frozenset(field for field, row in FIELDS.items() if isinstance(row, NumberField) and not row.whole)
SIGNED = frozenset(field for field, row in FIELDS.items() if isinstance(row, NumberField) and row.signed)
WITH_PERCENT = frozenset(field for field, row in FIELDS.items() if isinstance(row, NumberField) and row.percent)
MOMENTS = frozenset(field for field, row in FIELDS.items() if isinstance(row, MomentField))
TEXTS = frozenset(field for field, row in FIELDS.items() if isinstance(row, TextField))
