"""What every source of events promises, shown by each that this system has."""

import time

import pytest
from watchdog.observers.polling import PollingObserver

from organiser.files.ignore import PICTURES
from organiser.files.watch.changes import RootWatch
from organiser.files.watch.hints import HintKind
from organiser.files.watch.observer import ObserverSource
from organiser.files.watch.root_watcher import event_source

WRITTEN = {HintKind.TOUCHED, HintKind.FINISHED}
COME = {HintKind.FOLDER_MADE, HintKind.FOLDER_CAME}
PATIENCE = 20


@pytest.fixture(params=["the system's", "watchdog's"])
def source_of(request):
    """Starts a source: the one for this system, and one fed by the observer that watchdog has for every system."""
    started = []

    def start(root):
        if request.param == "the system's":
            source = event_source(RootWatch(1, str(root)))
        else:
            source = ObserverSource(str(root), PICTURES, PollingObserver(timeout=0.05))
        started.append(source)
        source.start()
        return source

    yield start
    for source in started:
        source.stop()


def told(source, *wanted):
    """Wait until each of these (kinds, relpath) was told, and return all that was told until then."""
    hints = []
    deadline = time.monotonic() + PATIENCE
    while not all(any(hint.kind in kinds and hint.relpath == path for hint in hints) for kinds, path in wanted):
        assert time.monotonic() < deadline, (wanted, hints)
        hints += source.wait(1)
    return hints


def test_a_file_that_is_written_is_told(tmp_path, picture, source_of):
    source = source_of(tmp_path)
    (tmp_path / "a.jpg").write_bytes(picture)
    told(source, (WRITTEN, "a.jpg"))


def test_a_file_that_goes_is_told(tmp_path, picture, source_of):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.jpg").write_bytes(picture)
    source = source_of(tmp_path)
    (tmp_path / "sub" / "a.jpg").unlink()
    told(source, ({HintKind.GONE}, "sub/a.jpg"))


def test_a_file_renamed_into_place_is_told(tmp_path, picture, source_of):
    source = source_of(tmp_path)
    (tmp_path / ".a.jpg.Xy12Ab").write_bytes(picture)
    (tmp_path / ".a.jpg.Xy12Ab").rename(tmp_path / "a.jpg")
    assert not any("Xy12Ab" in hint.relpath for hint in told(source, (WRITTEN, "a.jpg")))


def test_files_that_no_scan_takes_are_not_told(tmp_path, picture, source_of):
    source = source_of(tmp_path)
    for name in ("a.mp4", "a.jpg.xmp", "b.jpg.part", ".hidden.jpg", "._a.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(picture)
    (tmp_path / "a.jpg").write_bytes(picture)
    (tmp_path / "without extension").write_bytes(picture)
    hints = told(source, (WRITTEN, "a.jpg"), (WRITTEN, "without extension"))
    assert {hint.relpath for hint in hints} == {"a.jpg", "without extension"}


def test_a_folder_that_is_made_is_told_and_so_is_what_happens_in_it(tmp_path, picture, source_of):
    source = source_of(tmp_path)
    (tmp_path / "new" / "deep").mkdir(parents=True)
    told(source, (COME, "new"))
    (tmp_path / "new" / "deep" / "a.jpg").write_bytes(picture)
    told(source, (WRITTEN, "new/deep/a.jpg"))


def test_a_folder_that_is_renamed_is_told_at_both_ends_and_still_watched(tmp_path, picture, source_of):
    (tmp_path / "old" / "deep").mkdir(parents=True)
    source = source_of(tmp_path)
    (tmp_path / "old").rename(tmp_path / "new")
    told(source, ({HintKind.FOLDER_GONE}, "old"), (COME, "new"))
    (tmp_path / "new" / "deep" / "a.jpg").write_bytes(picture)
    told(source, (WRITTEN, "new/deep/a.jpg"))


def test_a_folder_that_leaves_the_root_is_told(tmp_path, picture, source_of):
    (tmp_path / "root" / "sub").mkdir(parents=True)
    source = source_of(tmp_path / "root")
    (tmp_path / "root" / "sub").rename(tmp_path / "sub")
    told(source, ({HintKind.FOLDER_GONE}, "sub"))


def test_what_happens_in_a_systems_own_folder_is_not_told(tmp_path, picture, source_of):
    (tmp_path / "@eaDir").mkdir()
    source = source_of(tmp_path)
    (tmp_path / "@eaDir" / "a.jpg").write_bytes(picture)
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "b.jpg").write_bytes(picture)
    (tmp_path / "c.jpg").write_bytes(picture)
    assert {hint.relpath for hint in told(source, (WRITTEN, "c.jpg"))} == {"c.jpg"}


def test_an_ignore_file_that_goes_and_a_marker_that_comes_change_the_rules(tmp_path, source_of):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".organiser-ignore").write_text("*.png\n")
    (tmp_path / "mine").mkdir()
    source = source_of(tmp_path)
    (tmp_path / "sub" / ".organiser-ignore").unlink()
    (tmp_path / "mine" / ".organiser-collection").touch()
    told(source, ({HintKind.RULES}, "sub"), ({HintKind.RULES}, "mine"))


def test_an_ignore_file_that_is_written_is_awaited_like_a_picture(tmp_path, source_of):
    """As it is being created it is empty, which would mean the whole folder."""
    source = source_of(tmp_path)
    (tmp_path / ".organiser-ignore").write_text("*.png\n")
    hints = told(source, ({HintKind.TOUCHED}, ".organiser-ignore"))
    assert HintKind.RULES not in {hint.kind for hint in hints}


def test_a_root_that_goes_is_told_as_lost(tmp_path, source_of):
    (tmp_path / "root").mkdir()
    source = source_of(tmp_path / "root")
    (tmp_path / "root").rmdir()
    told(source, ({HintKind.LOST}, ""))


def test_a_wait_can_be_woken_by_another_thread(tmp_path, source_of):
    source = source_of(tmp_path)
    source.wake()
    began = time.monotonic()
    assert list(source.wait(100)) == []
    assert time.monotonic() - began < 50


def test_stopping_twice_does_no_harm(tmp_path, source_of):
    source = source_of(tmp_path)
    assert source.folders > 0
    source.stop()
    source.stop()
    assert source.folders == 0
