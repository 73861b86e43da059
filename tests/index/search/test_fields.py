"""Every query field has its row, in Python and in SQL, and an album in which it tells photos apart."""

from datetime import datetime
from random import Random

import pytest
from sqlalchemy import select

from organiser.core.query.fields import FIELDS, ChoiceField, FieldRow, MomentField, NumberField
from organiser.core.query.matches import matches
from organiser.core.query.parse import parse
from organiser.core.query.terms import Field
from organiser.index.db.engine import Index, reading, writing
from organiser.index.db.schema import photos
from organiser.index.search.facts import facts_of
from organiser.index.search.fields import FIELD_SQL
from organiser.index.search.find import photo_ids
from tests.index.album import fill

NOW = datetime(2024, 5, 17, 14, 3)


def test_every_field_has_a_row_in_both_tables() -> None:
    assert list(FIELDS) == list(FIELD_SQL) == list(Field)


def values_of(field: Field, row: FieldRow) -> list[str]:
    if isinstance(row, ChoiceField):
        return [f"{field}:{option}" for option in row.options]
    if isinstance(row, NumberField):
        return [f"{field}:..", f"{field}:1..2" if row.whole else f"{field}:0.5.."]
    if isinstance(row, MomentField):
        return [f"{field}:..", f"{field}:2024", f"{field}:..2023"]
    return [f"{field}:a", f"{field}::[a-m]$"]


@pytest.mark.parametrize("field", Field)
def test_a_field_means_the_same_in_sql_and_in_python(index: Index, field: Field) -> None:
    with writing(index) as tx:
        fill(tx, Random(7), 200)
    with reading(index) as tx:
        facts = facts_of(tx, list(tx.execute(select(photos.c.id)).scalars()))
        selected = 0
        for text in values_of(field, FIELDS[field]):
            for query in (parse(text, NOW), parse(f"-{text}", NOW)):
                wanted = {photo_id for photo_id, known in facts.items() if matches(query, known)}
                assert set(photo_ids(tx, query)) == wanted, text
                selected += bool(wanted)
        assert selected >= 2, "the album shows no difference"
