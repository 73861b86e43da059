"""Restoring: what is damaged, newer or in the way is refused, and then nothing has changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from organiser.bootstrap import open_index
from organiser.errors import Permanent, SettingsError
from organiser.index.db.engine import Index, writing
from organiser.jobs.backups.restore import inspect, restore
from organiser.settings.reading import load
from tests.jobs.backups.backups import content, leave_settings, made
from tests.jobs.library import Library
from tests.photos import HAPPY


@pytest.fixture
def sound(tmp_path: Path, sqlite_url: str) -> tuple[Library, Path]:
    """A small backup on SQLite, to be damaged."""
    (tmp_path / "source").mkdir()
    library = Library(tmp_path / "source", sqlite_url)
    library.draw("happy.jpg", HAPPY)
    library.scan()
    return library, made(library, tmp_path / "a.backup")


def fresh(tmp_path: Path) -> Index:
    return open_index(load({"ORGANISER_HOME": str(tmp_path / "fresh")}))


def test_no_damaged_byte_goes_unnoticed(sound: tuple[Library, Path], tmp_path: Path) -> None:
    library, path = sound
    data = path.read_bytes()
    whole = inspect(path)
    spoilt = tmp_path / "corrupt"
    noticed = 0
    for at in [*range(0, len(data), max(1, len(data) // 400)), *range(len(data) - 200, len(data))]:
        spoilt.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        try:
            assert inspect(spoilt) == whole, at  # a byte that says nothing of the content, such as a date
        except Permanent:
            noticed += 1
    assert noticed > 300
    for cut in (0, 1, 100, len(data) // 2, len(data) - 1):
        spoilt.write_bytes(data[:cut])
        with pytest.raises(Permanent):
            inspect(spoilt)
    library.services.engine.dispose()


@pytest.mark.parametrize("spoil", [lambda data: data[: len(data) // 2], lambda _: b"", lambda _: b"a letter"])
def test_nothing_is_restored_from_what_is_no_whole_backup(
    sound: tuple[Library, Path], tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    library, path = sound
    path.write_bytes(spoil(path.read_bytes()))
    engine = fresh(tmp_path)
    before = content(engine)
    with pytest.raises(Permanent, match=r"damaged|no backup"):
        restore(engine, tmp_path / "fresh", path, {}, leave_settings)
    assert content(engine) == before
    library.services.engine.dispose()
    engine.dispose()


def test_a_failure_in_mid_restore_leaves_the_index_as_it_was(sound: tuple[Library, Path], tmp_path: Path) -> None:
    library, path = sound
    engine = fresh(tmp_path)
    before = content(engine)

    def refuse(_settings: object) -> None:
        raise SettingsError("the disk is full")

    with pytest.raises(SettingsError):
        restore(engine, tmp_path / "fresh", path, {}, refuse)
    after = content(engine)
    del before["models"], after["models"]  # a bundle that was taken in does no harm
    assert after == before
    library.services.engine.dispose()
    engine.dispose()


def test_an_index_that_holds_something_is_refused(sound: tuple[Library, Path]) -> None:
    library, path = sound
    with pytest.raises(Permanent, match="not empty: it holds 1 roots, 1 photos"):
        restore(library.services.engine, library.home, path, {}, leave_settings)
    library.services.engine.dispose()


@pytest.mark.parametrize(("what", "of"), [("format", "of format 2"), ("revision", "by a newer organiser")])
def test_a_backup_of_a_newer_version_is_refused(
    sound: tuple[Library, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, of: str
) -> None:
    library, path = sound
    if what == "format":
        monkeypatch.setattr("organiser.jobs.backups.backup_file.FORMAT", 2)
    else:
        with writing(library.services.engine) as tx:
            tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    made(library, path)
    monkeypatch.undo()
    engine = fresh(tmp_path)
    with pytest.raises(Permanent, match=of):
        restore(engine, tmp_path / "fresh", path, {}, leave_settings)
    library.services.engine.dispose()
    engine.dispose()


def test_a_folder_that_nothing_lies_in_is_an_error(sound: tuple[Library, Path], tmp_path: Path) -> None:
    library, path = sound
    engine = fresh(tmp_path)
    with pytest.raises(Permanent, match="lies in /nowhere") as caught:
        restore(engine, tmp_path / "fresh", path, {"/nowhere": "/here"}, leave_settings)
    assert str(library.folder) in caught.value.hint
    library.services.engine.dispose()
    engine.dispose()
