"""The migrations and the schema say the same, on both databases."""

import gzip
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import func, inspect, select, text

from organiser.errors import IndexUnusable, SettingsError
from organiser.index.db.engine import Index, open_engine, reading, writing
from organiser.index.db.schema import detections, failures, leases, metadata
from organiser.index.db.upgrade import current, head, upgrade
from organiser.index.tables import corrections, runs
from organiser.index.views import throughput
from organiser.index.work import pauses, scan_requests

_OLD_WORDS = Path(__file__).with_name("index-0002.db.gz")


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
            import_module("migrations.versions.0003_words").downgrade()
            import_module("migrations.versions.0002_asked").downgrade()
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        tx.execute(text("INSERT INTO flags (name, value) VALUES ('kept', 'yes')"))
    upgrade(index)
    assert current(index) == head()
    with reading(index) as tx:
        assert tx.execute(text("SELECT value FROM flags WHERE name = 'kept'")).scalar() == "yes"
        assert tx.execute(text("SELECT count(*) FROM scan_requests")).scalar() == 0


def test_an_index_in_the_old_words_goes_on_in_the_new_ones(tmp_path: Path) -> None:
    """The file was made by the version before: three photos, one truncated; detecting is paused, a worker is gone."""
    (tmp_path / "index.db").write_bytes(gzip.decompress(_OLD_WORDS.read_bytes()))
    engine = open_engine(f"sqlite:///{tmp_path / 'index.db'}")
    upgrade(engine)
    with reading(engine) as tx:
        detected = select(func.count()).select_from(detections).group_by(detections.c.outcome)
        assert sorted(tx.execute(detected).scalars()) == [1, 2]
        assert tx.execute(select(failures.c.stage)).scalars().all() == ["detect"]
        assert tx.execute(select(leases.c.stage, leases.c.chunk_size)).all() == [("detect", 2)]
        assert set(pauses.paused_steps(tx)) == {"detect"}
        assert [(scan.folder, scan.deep) for scan in scan_requests.open_scans(tx, 2.0)] == [("", True)]
        assert throughput.workers(tx) == []
        (run,) = runs.latest(tx, 9)
        assert (run.counts["detected"], "looked" in run.counts) == (2, False)
        assert [face.verb for face in corrections.every(tx)] == ["is"]
    engine.dispose()


def test_the_new_words_can_be_taken_back(index: Index) -> None:
    with writing(index) as tx:
        pauses.pause(tx, "detect", 1.0)
        with Operations.context(MigrationContext.configure(tx)):
            import_module("migrations.versions.0003_words").downgrade()
        names = inspect(tx).get_table_names()
        assert {"looks", "asked_scans"} <= set(names)
        assert not {"detections", "scan_requests"} & set(names)
        assert tx.execute(text("SELECT name FROM flags")).scalars().all() == ["paused:look"]
        tx.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    upgrade(index)
    with reading(index) as tx:
        assert set(pauses.paused_steps(tx)) == {"detect"}
