"""Migration 0005 gives each kind of record that stood among the flags a table or column of its own, and takes it back."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, select, text

from organiser import migrations
from organiser.core.collections.placement import PlacementMode
from organiser.index import flags
from organiser.index.db.engine import Index, Transaction, open_engine, reading, writing
from organiser.index.db.schema import journal as journal_table
from organiser.index.db.upgrade import upgrade
from organiser.index.tables import collections, journal, models, runs
from organiser.index.views import photo_details, throughput
from organiser.index.views.throughput import WorkerHeartbeat
from organiser.index.work import locks, pauses, scan_requests
from organiser.index.work.locks import Holder
from tests.rows import add_photo, add_root

_VERSION_BEFORE = Path(__file__).with_name("index-0004.db.gz")
NOW = 1_700_000_000.0


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Engine]:
    """An index that the version before made: photos placed and tagged, one corrected, and a record of every kind."""
    (tmp_path / "index.db").write_bytes(gzip.decompress(_VERSION_BEFORE.read_bytes()))
    engine = open_engine(f"sqlite:///{tmp_path / 'index.db'}")
    yield engine
    engine.dispose()


def test_the_records_of_the_version_before_are_found_in_their_tables(before: Engine) -> None:
    upgrade(before)
    with reading(before) as tx:
        assert locks.holder(tx, "placing", NOW) == Holder("host:7", "0123456789abcdef")
        assert locks.holder(tx, "placing", NOW + 301) is None
        heartbeat = WorkerHeartbeat("organiser-7@host", "host", 7, ("scan", "detect"), 2, "cpu", NOW)
        assert throughput.workers(tx) == [heartbeat]
        assert (pauses.paused_steps(tx), pauses.halted(tx)) == ({"detect": NOW}, True)
        assert scan_requests.placing(tx)
        (model,) = (model for model in models.every(tx) if model.label == "stub@1")
        assert models.active_digest(tx) == model.digest
        happy = collections.get(tx, "happy")
        assert happy is not None
        assert collections.held(tx) == {happy.id}
        assert tx.execute(text("SELECT name FROM flags")).scalars().all() == ["schedule_seeded"]


def test_what_was_placed_by_the_version_before_is_known_by_mode_and_photo(before: Engine) -> None:
    upgrade(before)
    with reading(before) as tx:
        rows = [row for each in collections.every(tx) for row in collections.placements_of(tx, each.id)]
        assert sorted(row.mode for row in rows) == [PlacementMode.COPY] * 3 + [PlacementMode.TAG] * 2
        assert all("mode" not in row.details["made"] for row in rows)
        assert {row.mode for row in photo_details.placements_of(tx, rows[0].photo_id)} == {"copy", "tag"}
        named = tx.execute(select(journal_table.c.photo_id).order_by(journal_table.c.id)).scalars().all()
        assert named == [3, 2, 1, 3, 1, 1, 1]
    with writing(before) as tx:
        journal.drop_of(tx, [rows[0].photo_id])
        assert len(tx.execute(select(journal_table.c.id)).all()) == 5


def test_the_index_of_the_version_before_comes_back_as_it_was(before: Engine) -> None:
    was = _content(before)
    upgrade(before)
    _downgrade(before)
    assert _content(before) == was


def _content(engine: Engine) -> dict[str, object]:
    """Every row of the tables that the migration touches, JSON read, whatever the order of rows and of keys."""
    tables = ("flags", "models", "collections", "placements", "journal")
    with reading(engine) as tx:
        found = {name: [dict(row) for row in tx.execute(text(f"SELECT * FROM {name}")).mappings()] for name in tables}
    for rows in found.values():
        for row in rows:
            row |= {key: json.loads(value) for key, value in row.items() if str(value).startswith("{")}
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def test_a_table_made_anew_keeps_its_constraints(before: Engine, sqlite_url: str) -> None:
    """SQLite makes a table anew to have a column hold no NULL."""
    upgrade(before)
    new = open_engine(sqlite_url)
    upgrade(new)
    for engine in (before, new):
        with reading(engine) as tx:
            kept = tx.execute(text("SELECT sql FROM sqlite_master WHERE name = 'journal'")).scalar_one()
            assert "ck_journal_state" in kept
            assert "ON DELETE CASCADE" in kept
    new.dispose()


def test_records_go_back_among_the_flags_and_out_of_them_again(index: Index) -> None:
    with writing(index) as tx:
        _fill(tx)
        shown = _shown(tx)
    _downgrade(index)
    with reading(index) as tx:
        names = sorted(name.partition(":")[0] for name in tx.execute(text("SELECT name FROM flags")).scalars())
        kinds = [
            "active_model",
            "asked",
            "halted",
            "held",
            "lock",
            "paused",
            "previous_model",
            "schedule_seeded",
            "worker",
        ]
        assert names == kinds
    upgrade(index)
    with reading(index) as tx:
        assert _shown(tx) == shown


def _fill(tx: Transaction) -> None:
    photo = add_photo(tx, add_root(tx), "a.jpg")
    (happy, *_) = collections.every(tx)
    collections.hold(tx, happy.id, 5.0)
    details = {"made": {"stamp": None, "path": None, "medium": None}, "tag": None, "source": None}
    collections.put_placements(tx, happy.id, {"a.jpg": (photo, PlacementMode.HARDLINK, details)}, 5.0)
    models.add(tx, "m", "1", "digest", "face", ["happy"], "/m", 1.0)
    models.use(tx, "digest")
    run = runs.start(tx, "place", "test", {}, 4.0)
    journal.add(tx, run, happy.id, [(photo, {"act": "create", "step": {"photo_id": photo}}, b"before")], 5.0)
    pauses.pause(tx, "judge", 2.0)
    pauses.halt(tx, run, 4.0)
    locks.claim(tx, "placing", Holder("host:1", "token"), 1.0, 300.0)
    throughput.record_heartbeat(tx, WorkerHeartbeat("w@h", "h", 1, ("scan",), 2, "gpu", 6.0))
    scan_requests.claim_placing(tx)
    flags.put(tx, "schedule_seeded", "1.0")


def _shown(tx: Transaction) -> list[object]:
    (happy, *_) = collections.every(tx)
    return [
        locks.holder(tx, "placing", 1.0),
        throughput.workers(tx),
        pauses.paused_steps(tx),
        pauses.halted(tx),
        scan_requests.placing(tx),
        models.active_digest(tx),
        collections.held(tx),
        collections.placements_of(tx, happy.id),
        tx.execute(select(journal_table.c.photo_id, journal_table.c.before)).all(),
        flags.get(tx, "schedule_seeded"),
    ]


def _downgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", migrations.__path__[0])
    with writing(engine) as tx:
        config.attributes["connection"] = tx
        command.downgrade(config, "0004")
