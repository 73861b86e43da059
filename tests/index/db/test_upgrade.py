"""The migrations and the schema say the same, on both databases, and an upgrade can be taken back."""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from organiser import migrations
from organiser.core.query.parse import parse
from organiser.errors import IndexUnusable, SettingsError
from organiser.index.db.engine import Index, open_engine, reading, writing
from organiser.index.db.schema import metadata
from organiser.index.db.upgrade import current, head, upgrade
from organiser.index.search.statements import select_ids
from organiser.index.tables.erase import wipe_leftovers


def test_the_migrations_give_the_schema(index: Index) -> None:
    with reading(index) as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "include_name": _ours})
        assert compare_metadata(context, metadata) == []


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    if kind == "index":
        return name != "ix_photos_newest"  # of Postgres alone
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
    make_first(index)
    upgrade(index)
    assert current(index) == head()
    assert kept(index) == "yes"
    with reading(index) as tx:
        assert tx.execute(text("SELECT count(*) FROM scan_requests")).scalar() == 0


def test_the_newest_photos_come_off_an_index(index: Index) -> None:
    with writing(index) as tx:
        (query,) = select_ids(tx, parse("", datetime(2024, 5, 17)))
        statement = str(query.limit(100).compile(tx, compile_kwargs={"literal_binds": True}))
        if index.dialect.name == "postgresql":  # nine photos would be sorted sooner
            tx.execute(text("SET LOCAL enable_sort = off"))
            tx.execute(text("SET LOCAL enable_bitmapscan = off"))
            plan = "\n".join(tx.execute(text(f"EXPLAIN {statement}")).scalars())
            assert "ix_photos_newest" in plan
        else:
            plan = "\n".join(row[3] for row in tx.execute(text(f"EXPLAIN QUERY PLAN {statement}")))
            assert "ix_photos_taken" in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def make_first(index: Index) -> None:
    """Take an index back to the first revision, with something in it."""
    downgrade(index)
    with writing(index) as tx:
        tx.execute(text("INSERT INTO flags (name, value) VALUES ('kept', 'yes')"))


def downgrade(index: Index) -> None:
    """Take an index back to the first revision."""
    config = Config()
    config.set_main_option("script_location", migrations.__path__[0])
    with writing(index) as tx:
        config.attributes["connection"] = tx
        command.downgrade(config, "0001")


def kept(index: Index) -> str | None:
    with reading(index) as tx:
        return tx.execute(text("SELECT value FROM flags WHERE name = 'kept'")).scalar()


@pytest.fixture
def old(sqlite_url: str) -> Iterator[Index]:
    """An index of the first revision on SQLite, in use by another process's reader."""
    engine = open_engine(sqlite_url)
    upgrade(engine)
    make_first(engine)
    yield engine
    engine.dispose()


def beside(engine: Index) -> list[Path]:
    index = Path(engine.url.database or "")
    return sorted(path for path in index.parent.iterdir() if not path.name.startswith(("index.db-", "index.db.lock")))


def test_an_index_is_copied_before_it_is_upgraded(old: Index) -> None:
    with reading(old) as reader:
        reader.execute(text("SELECT * FROM flags"))
        upgrade(old)
    _, copy = beside(old)
    assert copy.name == "index.db.revision-0001"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    engine = open_engine(f"sqlite:///{copy}")
    assert (current(engine), kept(engine)) == ("0001", "yes")
    upgrade(engine)
    assert kept(engine) == "yes"
    engine.dispose()


def test_a_new_index_is_not_copied(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    upgrade(engine)
    assert len(beside(engine)) == 1
    engine.dispose()


def test_a_failed_upgrade_leaves_the_index_as_it_was(index: Index) -> None:
    make_first(index)
    with writing(index) as tx:
        tx.execute(text("CREATE TABLE scan_requests (mine INTEGER)"))  # in the way of what the upgrade makes
    before = columns(index)
    with pytest.raises(
        IndexUnusable, match=r"is as it was: .*already.*scan_requests|is as it was: .*scan_requests.*already"
    ) as caught:
        upgrade(index)
    assert "version before" in caught.value.hint
    assert (current(index), kept(index), columns(index)) == ("0001", "yes", before)
    with writing(index) as tx:
        tx.execute(text("DROP TABLE scan_requests"))
    upgrade(index)
    assert (current(index), kept(index)) == (head(), "yes")


def columns(index: Index) -> dict[str, list[str]]:
    with reading(index) as tx:
        found = inspect(tx)
        return {name: [column["name"] for column in found.get_columns(name)] for name in found.get_table_names()}


def test_an_upgrade_without_room_for_the_copy_does_not_begin(old: Index) -> None:
    (index,) = beside(old)
    (index.parent / "index.db.revision-0001").mkdir()
    with pytest.raises(IndexUnusable, match="cannot copy the index") as caught:
        upgrade(old)
    assert "was not touched" in caught.value.hint
    assert (current(old), kept(old)) == ("0001", "yes")
    assert len(beside(old)) == 2


def test_two_processes_upgrade_once(old: Index, sqlite_url: str) -> None:
    engines = [open_engine(sqlite_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, engines))
    _, copy = beside(old)
    first = open_engine(f"sqlite:///{copy}")
    assert (current(first), current(old)) == ("0001", head())
    for engine in (first, *engines):
        engine.dispose()


def test_a_newer_index_is_refused_with_the_way_back(old: Index) -> None:
    upgrade(old)
    with writing(old) as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(IndexUnusable) as caught:
        upgrade(old)
    _, copy = beside(old)
    assert "install the newer organiser" in caught.value.hint
    assert f"{copy} is the index before" in caught.value.hint


def test_what_is_forgotten_is_in_no_copy_either(old: Index) -> None:
    upgrade(old)
    index, copy = beside(old)
    foreign = index.with_name("index.db.revision-0007")
    foreign.write_text("a letter")
    wipe_leftovers(old)
    assert beside(old) == [index, foreign]
    assert not copy.exists()


def test_photos_without_a_date_are_dated_by_the_upgrade(index: Index) -> None:
    make_first(index)
    with writing(index) as tx:
        tx.execute(text("INSERT INTO roots (id, path, added) VALUES (1, '/p', 1)"))
        tx.execute(
            text(
                "INSERT INTO models (id, name, version, digest, subject, labels, path, added) "
                "VALUES (1, 'm', '1', 'd', 'face', '[]', '/m', 1)"
            )
        )
        for key, name, width, taken in (
            (1, "IMG_20240512_101112.jpg", 8, None),
            (2, "b.jpg", 8, "2020-01-01T00:00:00"),
            (3, "c.jpg", 8, None),
            (4, "IMG_20240512_101113.jpg", None, None),
        ):
            values = {"id": key, "digest": str(key), "width": width, "taken": taken, "name": name, "policy": "p"}
            tx.execute(
                text("INSERT INTO photos (id, digest, added, width, taken) VALUES (:id, :digest, 1, :width, :taken)"),
                values,
            )
            tx.execute(
                text(
                    "INSERT INTO files (root_id, relpath, size, mtime_ns, device, inode, photo_id) "
                    "VALUES (1, :name, 1, 1000000000000000000, 1, 1, :id)"
                ),
                values,
            )
            tx.execute(
                text(
                    "INSERT INTO verdicts (photo_id, model_id, policy, reason, faces, taken, at) "
                    "VALUES (:id, 1, 'p', 'mixed', 1, :taken, 1)"
                ),
                values,
            )
    upgrade(index)
    query = (
        "SELECT photos.taken_from, photos.taken, verdicts.taken FROM photos JOIN verdicts ON photo_id = id ORDER BY id"
    )
    with reading(index) as tx:
        rows = [tuple(row) for row in tx.execute(text(query))]
    modified = datetime.fromtimestamp(1e9).isoformat()
    assert rows == [
        ("name", "2024-05-12T10:11:12", "2024-05-12T10:11:12"),
        ("exif", "2020-01-01T00:00:00", "2020-01-01T00:00:00"),
        ("file", modified, modified),
        (None, None, None),
    ]
    downgrade(index)
    with reading(index) as tx:
        taken = [row[0] for row in tx.execute(text("SELECT taken FROM photos ORDER BY id"))]
    assert taken == [None, "2020-01-01T00:00:00", None, None]
