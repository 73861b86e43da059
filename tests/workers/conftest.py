"""A service for each test that asks for one, on SQLite and on Postgres; whatever still runs afterwards is killed."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.service_process import Service, environment_of


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, which a socket's name can lie below."""
    made = Path(tempfile.mkdtemp(prefix="org"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def service(folder: Path) -> Iterator[Service]:
    """A service whose index is SQLite."""
    made = Service(folder / "home", folder / "library", environment_of(folder / "home", ""))
    made.library.mkdir()
    yield made
    made.stop()
    print(made.logs())


@pytest.fixture
def postgres_service(folder: Path, postgres_url: str) -> Iterator[Service]:
    """A service whose index is Postgres."""
    made = Service(folder / "home", folder / "library", environment_of(folder / "home", postgres_url))
    made.library.mkdir()
    yield made
    made.stop()
    print(made.logs())
