"""Brings the index to the schema this version of the code expects, with Alembic and the packaged `migrations`."""

from pathlib import Path

from sqlalchemy import Connection, Engine, text

from organiser.errors import IndexUnusable
from organiser.index.db.engine import reading, writing

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

    Raises:
        IndexUnusable: a newer version of the organiser made this index.
    """
    found = current(engine)
    if found == head():
        return
    if found is not None and found > head():
        raise IndexUnusable(
            f"the index is of revision {found}, this version knows {head()}", "install the newer organiser"
        )
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        _run_alembic(connection)


def _run_alembic(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_scripts()))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _scripts() -> Path:
    import migrations

    return Path(migrations.__path__[0])
