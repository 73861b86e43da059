"""A library of drawn photos and the page's server over it."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.library import judged_library
from tests.web.server import Page, Server, start


@pytest.fixture(scope="session")
def web_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `home` and `photos`, scanned and judged by the stub model; to be copied, never used."""
    return judged_library(tmp_path_factory.mktemp("web_library"))


@pytest.fixture
def home(web_library: Path, tmp_path: Path) -> Path:
    """The organiser's folder of a library of drawn photos, which lie in `photos` beside it."""
    return copied(web_library, tmp_path)


@pytest.fixture(scope="session")
def shared_server(web_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for tests that leave everything as it is."""
    server = start(copied(web_library, tmp_path_factory.mktemp("shared")))
    yield server
    server.stop()


def copied(library: Path, folder: Path) -> Path:
    """Copy a library and return the organiser's folder of the copy."""
    home = Path(shutil.copytree(library / "home", folder / "home"))
    photos = shutil.copytree(library / "photos", folder / "photos")
    with closing(sqlite3.connect(home / "index.db")) as connection, connection:
        connection.execute("UPDATE roots SET path = ?", [str(photos)])
        connection.execute("UPDATE models SET path = replace(path, ?, ?)", [str(library), str(folder)])
    return home


@pytest.fixture
def serve(home: Path) -> Iterator[Callable[..., Server]]:
    """Starts `organiser web` with further words; what a test leaves running is ended."""
    running: list[Server] = []

    def starting(*words: str) -> Server:
        running.append(start(home, *words))
        return running[-1]

    yield starting
    for server in running:
        server.stop()


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()


@pytest.fixture
def page(server: Server) -> Page:
    """A client that was let in."""
    return server.client()
