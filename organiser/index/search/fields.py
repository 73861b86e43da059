"""The query-field table in SQL: of each field, the table that holds it and the condition that a test of it passes.

The other half of a row, its type and its meaning in Python, is in `core.query.fields`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, true

from organiser.core.query.terms import Field, Test
from organiser.index.db.schema import photos, verdicts
from organiser.index.search import conditions
from organiser.index.search.conditions import Subject, number, state, word


@dataclass(frozen=True, slots=True)
class FieldSQL:
    """One field in SQL.

    Attributes:
        condition: takes a test of the type that the field has, and the photo that it is about.
        table: what the condition reads of the photo and a statement has to join; None when it looks by itself.
    """

    condition: Callable[[Any, Subject], ColumnElement[bool]]
    table: Table | None = None


FIELD_SQL: Mapping[Field, FieldSQL] = {
    Field.EMOTION: FieldSQL(conditions.emotion, verdicts),
    Field.REASON: FieldSQL(word(verdicts.c.reason), verdicts),
    Field.CONFIDENCE: FieldSQL(number(verdicts.c.confidence), verdicts),
    Field.FACES: FieldSQL(number(verdicts.c.faces), verdicts),
    Field.MODEL: FieldSQL(conditions.model, verdicts),
    Field.JUDGED: FieldSQL(state(conditions.judged), verdicts),
    Field.CORRECTED: FieldSQL(state(conditions.corrected)),
    Field.FAILED: FieldSQL(conditions.failed),
    Field.TAKEN: FieldSQL(conditions.taken, photos),
    Field.ADDED: FieldSQL(conditions.added, photos),
    Field.CAMERA: FieldSQL(conditions.camera, photos),
    Field.WIDTH: FieldSQL(number(photos.c.width), photos),
    Field.HEIGHT: FieldSQL(number(photos.c.height), photos),
    Field.PATH: FieldSQL(conditions.path),
    Field.ROOT: FieldSQL(conditions.root),
    Field.DUPLICATES: FieldSQL(state(conditions.duplicated)),
    Field.MISSING: FieldSQL(lambda _test, _subject: true()),  # settled by `is_counted`
    Field.PLACED: FieldSQL(conditions.placed),
    Field.DATED: FieldSQL(word(photos.c.taken_from), photos),
    Field.KEYWORD: FieldSQL(conditions.keyword),
    Field.RATING: FieldSQL(conditions.rating),
    Field.FACE: FieldSQL(conditions.face, photos),
}

VERDICT_FIELDS = frozenset(field for field, row in FIELD_SQL.items() if row.table is verdicts)
PHOTO_FIELDS = frozenset(field for field, row in FIELD_SQL.items() if row.table is photos)


def condition(test: Test, subject: Subject) -> ColumnElement[bool]:
    """The condition that a test passes; `missing:` is settled by `is_counted`."""
    return FIELD_SQL[test.field].condition(test, subject)
