"""Opens the index: one engine per process, SQLite made safe for many processes, Postgres by URL.

Owns connection settings and the transaction; refuses to know tables.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from organiser.core.query.regex import found_in
from organiser.errors import IndexUnusable, SettingsError

Index = Engine
"""The index as the outside names it, so that no other package names SQLAlchemy."""

Transaction = Connection
"""What `writing` and `reading` hand out and every function of this package takes first."""

BUSY_TIMEOUT_S = 30
"""How long a writer waits for another; a chunk's commit takes milliseconds."""


def open_engine(url: str, on_network: Callable[[Path], bool] = lambda _: False, busy: int = BUSY_TIMEOUT_S) -> Engine:
    """Return an engine for `url` (`sqlite:///file` or `postgresql+psycopg://…`).

    Args:
        on_network: says whether a path lies on a network file system, where SQLite's write-ahead log corrupts.
        busy: seconds for which a writer of SQLite waits for another.

    Raises:
        SettingsError: the URL names neither SQLite nor Postgres.
        IndexUnusable: the index lies on a network file system, or its folder cannot be made.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        file = sqlite_file(url)
        if file is None or file.name in ("", ":memory:"):
            raise SettingsError("an index in memory would be lost", "name a file: sqlite:////home/me/organiser.db")
        return _open_sqlite(file, on_network, busy)
    if backend == "postgresql":
        return create_engine(url, pool_pre_ping=True, pool_size=2, max_overflow=4)
    raise SettingsError(f"no index can be kept in {backend!r}", "use sqlite:///… or postgresql+psycopg://…")


def sqlite_file(url: str) -> Path | None:
    """Return the file of an index on SQLite, or None where `url` names no file.

    Raises:
        SettingsError: there are options behind it, which would be ignored, or are the rest of the file's name.
    """
    scheme, _, rest = url.partition(":///")
    if scheme.partition("+")[0] != "sqlite":
        return None
    path, asked, options = rest.partition("?")
    if asked:
        raise SettingsError(f"an index on SQLite takes no options: {options!r}", "a ? in its path is written %3F")
    return Path(unquote(path, errors="surrogateescape"))


def _open_sqlite(path: Path, on_network: Callable[[Path], bool], busy: int) -> Engine:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise IndexUnusable(f"cannot make the index folder {path.parent}: {error.strerror}") from error
    if on_network(path.parent):
        raise IndexUnusable(
            f"{path.parent} lies on a network file system, where SQLite damages its file",
            "set ORGANISER_HOME to a local folder, or keep the index in Postgres (ORGANISER_INDEX_URL)",
        )
    _make_private(path)
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": busy})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(path: Path) -> None:
    """Make a new index file that only its owner reads, whatever the umask; its -wal and -shm take the same mode.

    An existing file is not even opened: closing it would drop the locks that SQLite has on it in this process.
    """
    with suppress(OSError):  # it exists, or cannot be made, which SQLite then reports
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event below opens transactions, not the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    if cursor.fetchone()[0] != "wal":
        raise IndexUnusable("the index's file system does not allow SQLite's write-ahead log")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten, whatever the build's default
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.execute("PRAGMA cache_size = -16000")
    cursor.close()
    connection.create_function("regexp", 2, _regexp, deterministic=True)


def _regexp(expression: str, text: str | None) -> bool | None:
    """SQLite's REGEXP, in place of SQLAlchemy's, which backtracks."""
    return None if text is None else found_in(expression, text)


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once where the transaction will write: an upgrade in mid-way ignores the busy timeout."""
    options = connection.get_execution_options()
    if options.get("durable", False):
        connection.exec_driver_sql("PRAGMA synchronous = FULL")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes", False) else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: committed at the end, rolled back by any exception.

    A power cut may take back the latest of them, in order and whole; a crash of processes none.

    Raises:
        IndexUnusable: the database is gone, full or locked beyond the busy timeout.
    """
    with _translated(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def writing_durably(engine: Engine) -> Iterator[Connection]:
    """Like `writing`, and on the disk when it returns: for notes of what is about to be done to files.

    Raises:
        IndexUnusable: as `writing`.
    """
    sqlite = engine.dialect.name == "sqlite"
    with _translated(engine), engine.connect() as connection:
        try:
            with connection.execution_options(writes=True, durable=sqlite).begin():
                yield connection
        finally:
            if sqlite:
                _relax(connection)


def _relax(connection: Connection) -> None:
    """Let the connection's later commits wait for the disk no more."""
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One read-only snapshot.

    Raises:
        IndexUnusable: the database is gone.
    """
    with _translated(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One read-only view that stays as it was at its first read, however long it is read; writers go on meanwhile.

    Raises:
        IndexUnusable: the database is gone.
    """
    postgres = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    options: dict[str, Any] = postgres if engine.dialect.name == "postgresql" else {}
    with _translated(engine), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise IndexUnusable(f"the index {engine.url.render_as_string()} failed: {error.orig}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise IndexUnusable(f"the index {engine.url.render_as_string()} was lost: {error.orig}") from error
        if type(error.orig).__name__ == "DatabaseError":  # SQLite's word for a file that is no database, or is damaged
            raise IndexUnusable(f"the index {engine.url.render_as_string()} cannot be read: {error.orig}") from error
        raise


def owner_name() -> str:
    """Name this process as the owner of leases: unique on this host while the process lives."""
    return f"{host_name()}:{os.getpid()}"


def host_name() -> str:
    """Name where this process's number means something: the host, and the container that counts processes anew on it."""
    host = os.uname().nodename
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
    except OSError:  # no Linux, or no /proc: nothing counts anew
        return host
    return host if space == _FIRST_SPACE else f"{host}+{space}"


_FIRST_SPACE = 0xEFFFFFFC  # the kernel's own number of the first namespace of process ids
