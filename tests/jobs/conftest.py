"""A library for each test that asks for one, on SQLite and on Postgres."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.library import Library


@pytest.fixture
def library(tmp_path: Path, index_url: str) -> Iterator[Library]:
    made = Library(tmp_path, index_url)
    yield made
    made.services.engine.dispose()
