"""The migrations and the schema say the same, on both databases."""

from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from organiser.errors import IndexUnusable, SettingsError
from organiser.index.db.engine import Index, open_engine, reading, writing
from organiser.index.db.schema import metadata
from organiser.index.db.upgrade import current, head, upgrade


def test_the_migrations_give_the_schema(index: Index) -> None:
    with reading(index) as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "include_name": _ours})
        assert compare_metadata(context, metadata) == []


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in metadata.tables


def test_a_second_upgrade_changes_nothing(index: Index) -> None:
    assert current(index) == head()
    upgrade(index)
    assert current(index) == head()


def test_a_newer_index_is_refused(index: Index) -> None:
    with writing(index) as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(IndexUnusable, match="9999"):
        upgrade(index)


def test_a_failed_transaction_leaves_nothing(index: Index) -> None:
    with pytest.raises(ZeroDivisionError), writing(index) as tx:
        tx.execute(text("INSERT INTO flags (name, value) VALUES ('half', 'done')"))
        raise ZeroDivisionError
    with reading(index) as tx:
        assert tx.execute(text("SELECT count(*) FROM flags")).scalar() == 0


def test_sqlite_on_a_network_file_system_is_refused(sqlite_url: str) -> None:
    with pytest.raises(IndexUnusable, match="network"):
        open_engine(sqlite_url, on_network=lambda path: True)


def test_other_databases_are_refused() -> None:
    with pytest.raises(SettingsError, match="mysql"):
        open_engine("mysql://host/db")


def test_sqlite_is_safe_for_many_processes(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    with reading(engine) as tx:
        settings = [tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys")]
    engine.dispose()
    assert settings == ["wal", 1]


def test_an_index_of_the_first_revision_keeps_what_it_holds(index: Index) -> None:
    with writing(index) as tx:
        context = MigrationContext.configure(tx)
        with Operations.context(context):
            import_module("migrations.versions.0002_asked").downgrade()
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        tx.execute(text("INSERT INTO flags (name, value) VALUES ('kept', 'yes')"))
    upgrade(index)
    assert current(index) == head()
    with reading(index) as tx:
        assert tx.execute(text("SELECT value FROM flags WHERE name = 'kept'")).scalar() == "yes"
        assert tx.execute(text("SELECT count(*) FROM asked_scans")).scalar() == 0
