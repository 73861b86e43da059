"""Brings the index to the schema this version of the code expects, with Alembic and the packaged `migrations`."""

from pathlib import Path

from sqlalchemy import Connection, Engine, text

from organiser.errors import IndexUnusable
from organiser.index.db.engine import reading, writing
from organiser.index.db.safety_copy import copies, make_copy

_LOCK = 0x6F7267616E697365  # "organise", the Postgres advisory lock two upgrading processes meet at


def head() -> str:
    """Return the newest revision this code knows; reads file names only, so that a start-up does not load Alembic."""
    names = sorted(path.stem for path in (_scripts() / "versions").glob("[0-9]*.py"))
    return names[-1].split("_")[0]


def current(engine: Engine) -> str | None:
    """Return the index's revision, or None for an empty database."""
    with reading(engine) as connection:
        if not engine.dialect.has_table(connection, "alembic_version"):
            return None
        return revision_of(connection)


def revision_of(tx: Connection) -> str:
    """Return the revision of an index that is not empty."""
    revision: str = tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return revision


def upgrade(engine: Engine) -> None:
    """Upgrade the index in one transaction; does nothing when it is up to date.

    An index on SQLite is copied before, see `safety_copy`. An upgrade that fails leaves the index as it was.

    Raises:
        IndexUnusable: a newer version of the organiser made this index, it cannot be copied, or the upgrade failed.
    """
    found = current(engine)
    if found == head():
        return
    if found is not None and found > head():
        raise _newer(engine, found)
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        if found is None:
            _run_alembic(connection)
        elif (now := revision_of(connection)) != head():  # nobody else upgraded it while this process waited
            _upgrade_existing(connection, now)


def _upgrade_existing(connection: Connection, found: str) -> None:
    index = _sqlite_file(connection.engine)
    kept = "" if index is None else f"; a copy from before is {make_copy(index, found)}"
    try:
        _run_alembic(connection)
    except Exception as error:
        reason = str(getattr(error, "orig", None) or error)
        raise IndexUnusable(
            f"upgrading the index from revision {found} to {head()} failed, and it is as it was: {reason}{kept}",
            "go on with the version before, and report this",
        ) from error


def _newer(engine: Engine, found: str) -> IndexUnusable:
    """The refusal of an index that a newer version upgraded, with the ways out."""
    ways = "install the newer organiser, or restore a backup into a new home"
    index = _sqlite_file(engine)
    if index is not None:
        usable = [path for revision, path in copies(index) if revision <= head()]
        if usable:
            ways += f"; {usable[0]} is the index before it was upgraded: move {index.name}* away and rename it"
    return IndexUnusable(f"the index is of revision {found}, this version knows {head()}", ways)


def _sqlite_file(engine: Engine) -> Path | None:
    return Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None


def _run_alembic(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_scripts()).replace("%", "%%"))  # the value is interpolated
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _scripts() -> Path:
    from organiser import migrations

    return Path(migrations.__path__[0])
