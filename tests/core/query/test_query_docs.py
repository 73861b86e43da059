"""The page on the query language says what the language is."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from organiser.core.query.fields import CHOICES, FIELDS
from organiser.core.query.parse import parse
from organiser.core.query.terms import Field, SortKey
from organiser.errors import QueryError

PAGE = (Path(__file__).parents[3] / "docs" / "query-language.md").read_text("utf-8")
NOW = datetime(2024, 5, 17)


def test_every_example_parses() -> None:
    blocks = re.findall(r"```query\n(.*?)```", PAGE, re.DOTALL)
    examples = [line for block in blocks for line in block.splitlines()]
    assert len(examples) > 10
    for example in examples:
        parse(example, NOW)


@pytest.mark.parametrize(
    "word", [*Field, *SortKey, *sorted({option for options in CHOICES.values() for option in options})]
)
def test_every_word_of_the_language_is_explained(word: str) -> None:
    assert f"`{word}`" in PAGE


@pytest.mark.parametrize("field", Field)
def test_every_field_is_explained_in_the_words_of_its_row(field: Field) -> None:
    assert f"| `{field}` | {FIELDS[field].value} | {FIELDS[field].help} |" in PAGE


def test_the_mistake_shown_is_the_mistake_made() -> None:
    with pytest.raises(QueryError) as caught:
        parse("emotoin:happy faces:2..", NOW)
    assert f"organiser: {caught.value}" in PAGE
