"""Backup and restore: what people made survives the machine, the database and the path of the photos."""

import json
import os
import stat
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from organiser.core.collections.collection import Collection
from organiser.core.collections.placement import PlacementMode
from organiser.core.emotion import Emotion
from organiser.errors import Permanent, Transient
from organiser.index import flags
from organiser.index.backup.sections import BY_NAME, LEFT_OUT, SECTIONS, rows
from organiser.index.db.engine import Index, open_engine, reading, snapshot, writing
from organiser.index.db.schema import files, metadata
from organiser.index.db.upgrade import upgrade
from organiser.index.tables import collections, journal, models, runs, schedules
from organiser.index.work import pauses
from organiser.jobs.backups.backup import backup
from organiser.jobs.backups.restore import inspect, restore
from organiser.jobs.collections import manage
from organiser.jobs.collections.undo import undo
from organiser.jobs.corrections.correct import Saying, correct
from organiser.jobs.messages import Place
from tests.jobs.backups.backups import content, leave_settings, made
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD

VERSION_BEFORE = Path(__file__).with_name("backup-0004")


@pytest.fixture
def library(library: Library, tmp_path: Path) -> Library:
    """Photos that were judged, corrected, placed and taken back; a schedule, an own collection, one that is held."""
    library.draw("happy.jpg", HAPPY, taken=datetime(2024, 5, 17, 14, 3))
    library.draw("sub/sad.jpg", SAD)
    library.draw("\udce4.jpg", HAPPY, SAD)
    library.scan()
    services = library.services
    target = tmp_path / "collections"
    manage.set_built_in(services, str(target), None)
    library.run([Place()])
    correct(services, [row.photo_id for row in library.find("path:sub")], Saying(Emotion.HAPPY), "Anna")
    manage.add(services, Collection("pairs", "faces:2..", PlacementMode.TAG, str(target / "pairs"), None))
    with writing(services.engine) as tx:
        schedules.add(tx, "weekly", "0 3 * * 0", "scan", {"root": str(library.folder)}, library.now)
        collections.hold(tx, collections.every(tx)[0].id, library.now)
        flags.put(tx, "schedule_seeded", "1")
        pauses.pause(tx, "judge", library.now)
    return library


@pytest.fixture(params=["sqlite", "postgres"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    """A new index, once on SQLite and once on Postgres."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'other' / 'index.db'}"
    else:
        url = request.getfixturevalue("second_postgres_url")
    engine = open_engine(url)
    upgrade(engine)
    yield engine
    engine.dispose()


def test_every_table_is_in_a_backup_or_left_out_on_purpose() -> None:
    assert {*BY_NAME, *LEFT_OUT} == set(metadata.tables)


def test_a_backup_of_everything_gives_the_same_index_on_either_database(
    library: Library, other: Index, tmp_path: Path
) -> None:
    before = content(library.services.engine)
    assert all(before[name] for name in ("corrections", "placements", "journal", "crops", "predictions", "schedules"))
    path = made(library, tmp_path / "all.backup")
    restore(other, tmp_path / "other", path, {}, leave_settings)
    assert content(other) == before
    with writing(other) as tx:
        tx.execute(insert(BY_NAME["photos"].table).values(digest="new", added=1.0))
        collections.add(tx, Collection("new", "", PlacementMode.COPY), 1.0)


def test_a_backup_goes_there_and_back_again(library: Library, other: Index, tmp_path: Path) -> None:
    before = content(library.services.engine)
    restore(other, tmp_path / "other", made(library, tmp_path / "there"), {}, leave_settings)
    back = tmp_path / "back"
    backup(other, tmp_path / "other", back, {}, 1.0, "1", everything=True)
    third = open_engine(f"sqlite:///{tmp_path / 'third' / 'index.db'}")
    upgrade(third)
    restore(third, tmp_path / "third", back, {}, leave_settings)
    assert content(third) == before
    third.dispose()


def test_a_small_backup_leaves_out_what_a_scan_finds_again(library: Library, other: Index, tmp_path: Path) -> None:
    before = content(library.services.engine)
    restore(other, tmp_path / "other", made(library, tmp_path / "small", everything=False), {}, leave_settings)
    after = content(other)
    for name, section in BY_NAME.items():
        assert after[name] == (before[name] if section.always else []), name


def moved_library(library: Library, path: Path, scratch: Path, url: str) -> Library:
    """The library as it comes up on another machine: photos and collections elsewhere, a home of its own."""
    elsewhere = Library(scratch, url)
    elsewhere.folder.rmdir()
    os.rename(library.folder, elsewhere.folder)
    engine = elsewhere.services.engine
    restore(engine, elsewhere.home, path, {str(library.folder): str(elsewhere.folder)}, leave_settings)
    return elsewhere


def test_a_scan_on_another_machine_keeps_every_word_and_every_placement(library: Library, tmp_path: Path) -> None:
    path = made(library, tmp_path / "small", everything=False)
    (tmp_path / "machine").mkdir()
    new = moved_library(library, path, tmp_path / "machine", f"sqlite:///{tmp_path / 'machine' / 'new.db'}")
    placed = sorted(tmp_path.glob("collections/*/*.jpg"))
    assert placed
    counts = new.scan()
    assert counts["new"] == 0
    assert new.names("corrected:yes emotion:happy") == ["sub/sad.jpg"]
    assert len(new.names("judged:yes faces:1..")) == 3
    new.run([Place()])
    assert sorted(tmp_path.glob("collections/*/*.jpg")) == placed
    with reading(new.services.engine) as tx:
        entry = schedules.by_name(tx, "weekly")
    assert entry is not None
    assert entry.arguments == {"root": str(new.folder)}
    new.services.engine.dispose()


def test_what_was_placed_can_be_undone_after_a_restore(library: Library, tmp_path: Path) -> None:
    path = made(library, tmp_path / "small", everything=False)
    (tmp_path / "machine").mkdir()
    new = moved_library(library, path, tmp_path / "machine", f"sqlite:///{tmp_path / 'machine' / 'new.db'}")
    placed = list(tmp_path.glob("collections/happy/*.jpg"))
    undo(new.services)
    assert len(list(tmp_path.glob("collections/happy/*.jpg"))) < len(placed)
    new.services.engine.dispose()


def test_the_models_come_along_and_stay_in_use(library: Library, other: Index, tmp_path: Path) -> None:
    home = tmp_path / "other"
    restore(other, home, made(library, tmp_path / "small", everything=False), {}, leave_settings)
    with reading(other) as tx:
        digest = models.active_digest(tx)
    assert digest is not None
    assert digest == library.services.model().bundle.digest
    assert (home / "models" / digest[:12] / "manifest.json").is_file()


def test_a_backup_is_private_whole_and_replaces_only_a_backup(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    before = os.umask(0)
    try:
        made(library, path)
        made(library, path, everything=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not inspect(path).everything
    assert not list(tmp_path.glob(".*.part"))
    path.write_text("a letter")
    with pytest.raises(Permanent, match="no backup"):
        made(library, path)
    assert path.read_text() == "a letter"


def test_a_backup_that_cannot_be_written_leaves_the_older_one(library: Library, tmp_path: Path) -> None:
    path = made(library, tmp_path / "a.backup")
    before = path.read_bytes()
    with pytest.raises(TypeError):
        backup(library.services.engine, library.home, path, object(), library.now, "1")  # type: ignore[arg-type]
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".*.part"))
    with pytest.raises(Transient):
        made(library, tmp_path / "no folder" / "a.backup")


def test_a_backup_is_one_moment_though_others_write(library: Library) -> None:
    engine = library.services.engine
    with snapshot(engine) as tx:
        before = [list(rows(tx, section)) for section in SECTIONS[:1]]
        done = threading.Thread(target=_touch, args=(engine,))
        done.start()
        done.join()
        with reading(engine) as now:
            assert all(row[4] == 7 for row in rows(now, BY_NAME["files"]))
        assert all(row[4] != 7 for row in rows(tx, BY_NAME["files"]))
        assert [list(rows(tx, section)) for section in SECTIONS[:1]] == before


def _touch(engine: Index) -> None:
    with writing(engine) as tx:
        tx.execute(update(files).values(mtime_ns=7))


def test_a_run_that_went_on_does_not_go_on_after_a_restore(library: Library, other: Index, tmp_path: Path) -> None:
    with writing(library.services.engine) as tx:
        runs.start(tx, "scan", "schedule nightly", {runs.QUEUED: True}, library.now)
    restore(other, tmp_path / "other", made(library, tmp_path / "a", everything=False), {}, leave_settings)
    with reading(other) as tx:
        assert runs.queued(tx) == []
        assert json.dumps([run.error for run in runs.latest(tx, 1)]) == '["it went on when the backup was made"]'


def test_a_backup_of_the_version_before_is_restored(other: Index, tmp_path: Path) -> None:
    """Made at revision 0004: three photos placed and tagged, one corrected, `happy` held, a model in use."""
    restore(other, tmp_path / "other", VERSION_BEFORE, {"/tmp/album": "/new"}, leave_settings)
    with reading(other) as tx:
        every = {collection.collection.name: collection.id for collection in collections.every(tx)}
        assert collections.held(tx) == {every["happy"]}
        placed = {name: collections.placements_of(tx, key) for name, key in every.items()}
        assert [row.mode for row in placed["happy"]] == [PlacementMode.COPY] * 2
        assert {row.mode for row in placed["tagged"]} == {PlacementMode.TAG}
        assert all(row.details["source"].startswith("/new/photos/") for row in placed["happy"])
        active = models.by_digest(tx, models.active_digest(tx) or "")
        assert active is not None
        assert active.label == "stub@1"
        assert flags.get(tx, "schedule_seeded") is not None
        steps = journal.done_in(tx, journal.latest_run(tx) or 0)
        assert steps
    with writing(other) as tx:
        journal.drop_of(tx, [row.photo_id for row in placed["happy"]])
        assert len(journal.done_in(tx, steps[0].run_id)) < len(steps)


def test_the_model_in_use_gives_way_to_that_of_a_backup(library: Library, other: Index, tmp_path: Path) -> None:
    with writing(other) as tx:
        models.add(tx, "own", "1", "own digest", "face", ["happy"], "/own", 1.0)
        models.use(tx, "own digest")
    restore(other, tmp_path / "other", made(library, tmp_path / "small", everything=False), {}, leave_settings)
    with reading(other) as tx:
        assert models.active_digest(tx) == library.services.model().bundle.digest
