"""Watching from end to end: real folders, real events or polling, and a taker that does what a scan does."""

import os
import shutil
import threading
import time
from dataclasses import replace

import pytest

from organiser.core.library.reconcile import Scope
from organiser.core.photo import RootId
from organiser.files.complete import half_written
from organiser.files.ignore import Rules
from organiser.files.walk import walk
from organiser.files.watch.changes import Change, ChangeReason, Outbox, RootWatch, Watching, WatchMode, WatchOptions
from organiser.files.watch.watcher import Watcher

QUICK = WatchOptions(settle=0.3, poll=0.05, health=0.1, gather=0.02, breather=0.02)
PATIENT = replace(QUICK, settle=2.0)
"""For what would go wrong if this process were held up for longer than files take to settle."""

PATIENCE = 30


class Library:
    """Takes changes and walks what they ask for, as a scan does; remembers what it saw of each file, in order."""

    def __init__(self, watcher, root):
        self.watcher = watcher
        self.root = str(root)
        self.sizes = {}
        self.seen = []
        self.reasons = []

    def take(self, timeout=0.1):
        change = self.watcher.take(timeout)
        if change is None:
            return
        self.reasons.append(change.reason)
        found = [file for folder in walk(self.root, change.root.rules, change.scope) for file in folder.files]
        found = [file for file in found if file.relpath not in change.unsettled]
        found = [file for file in found if not self.half_written(file, change)]
        there = {file.relpath for file in found}
        gone = {
            path
            for path in self.sizes
            if change.scope.covers(path) and path not in there and path not in change.unsettled
        }
        for path in gone:
            del self.sizes[path]
        for file in found:
            if self.sizes.get(file.relpath) != file.size:
                # A scan opens the file and keeps the stat that belongs to what it read.
                size = os.path.getsize(os.path.join(self.root, file.relpath))
                self.seen.append((file.relpath, size))
                self.sizes[file.relpath] = size

    def half_written(self, file, change):
        if self.sizes.get(file.relpath) == file.size:
            return False
        return half_written(self.root, file, quiet=change.quiet, now=time.time())

    def until(self, wanted):
        deadline = time.monotonic() + PATIENCE
        while not wanted():
            assert time.monotonic() < deadline, (self.sizes, self.reasons, self.watcher.states())
            self.take()

    def until_files(self, *relpaths):
        self.until(lambda: set(self.sizes) == set(relpaths))


@pytest.fixture(params=[WatchMode.EVENTS, WatchMode.POLL])
def mode(request):
    return request.param


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def watched(root, mode, options):
    """A library on `root` whose first change is taken."""
    library = Library(Watcher([RootWatch(RootId(1), str(root), mode=mode)], options), root)
    library.until(lambda: ChangeReason.STARTED in library.reasons)
    return library


@pytest.fixture
def library(root, mode):
    """A library that is watched, once by events and once by polling."""
    library = watched(root, mode, QUICK)
    yield library
    library.watcher.close()


@pytest.fixture
def patient_library(root, mode):
    """The same, for slow writers."""
    library = watched(root, mode, PATIENT)
    yield library
    library.watcher.close()


def test_a_new_picture_is_reported(library, root, picture):
    (root / "a.jpg").write_bytes(picture)
    library.until_files("a.jpg")


def test_pictures_in_folders_made_just_now_are_reported(library, root, picture):
    (root / "2024" / "05").mkdir(parents=True)
    (root / "2024" / "05" / "a.jpg").write_bytes(picture)
    library.until_files("2024/05/a.jpg")


def test_a_picture_that_is_replaced_or_deleted_is_reported(library, root, picture):
    (root / "a.jpg").write_bytes(picture)
    library.until_files("a.jpg")
    (root / "a.jpg").write_bytes(picture[:-2] + b"more" + picture[-2:])
    library.until(lambda: library.sizes == {"a.jpg": len(picture) + 4})
    (root / "a.jpg").unlink()
    library.until_files()


def test_a_folder_that_is_renamed_is_reported_at_both_ends(library, root, picture):
    (root / "old").mkdir()
    for number in range(50):
        (root / "old" / f"{number}.jpg").write_bytes(picture)
    library.until(lambda: len(library.sizes) == 50)
    (root / "old").rename(root / "new")
    library.until_files(*(f"new/{number}.jpg" for number in range(50)))


def test_a_folder_that_is_deleted_is_reported(library, root, picture):
    (root / "old" / "deep").mkdir(parents=True)
    (root / "old" / "deep" / "a.jpg").write_bytes(picture)
    library.until_files("old/deep/a.jpg")
    shutil.rmtree(root / "old")
    library.until_files()


def test_a_writer_that_closes_and_opens_again_is_awaited(patient_library, root, picture):
    """The half-written file is never taken; the whole one is, once."""
    library = patient_library
    parts = [picture[:400], picture[400:800], picture[800:]]
    pause = threading.Event()
    for part in parts:
        with open(root / "slow.jpg", "ab") as file:
            file.write(part)
        (root / "neighbour.jpg").write_bytes(picture)
        library.take()
        pause.wait(0.05)
    library.until_files("slow.jpg", "neighbour.jpg")
    assert [entry for entry in library.seen if entry[0] == "slow.jpg"] == [("slow.jpg", len(picture))]


def test_a_file_that_vanishes_before_it_settles_does_no_harm(library, root, picture):
    (root / "brief.jpg").write_bytes(picture[:100])
    library.take()
    (root / "brief.jpg").unlink()
    (root / "a.jpg").write_bytes(picture)
    library.until_files("a.jpg")


def test_a_folder_that_is_ignored_from_now_on_is_reported(library, root, picture):
    (root / "sub").mkdir()
    (root / "sub" / "a.jpg").write_bytes(picture)
    (root / "b.jpg").write_bytes(picture)
    library.until_files("sub/a.jpg", "b.jpg")
    (root / "sub" / ".organiser-ignore").touch()
    library.until_files("b.jpg")


def test_a_root_that_disappears_and_returns_is_reported(library, root, tmp_path, picture):
    (root / "a.jpg").write_bytes(picture)
    library.until_files("a.jpg")
    root.rename(tmp_path / "away")
    library.until(lambda: ChangeReason.GONE in library.reasons)
    library.until(lambda: library.watcher.states()[RootId(1)].watching is Watching.OFFLINE)
    (tmp_path / "away").rename(root)
    library.until(lambda: ChangeReason.BACK in library.reasons)
    (root / "b.jpg").write_bytes(picture)
    library.until_files("a.jpg", "b.jpg")


def test_a_root_replaced_by_another_folder_is_reported(library, root, tmp_path, picture):
    """As when a share is mounted over its mount point."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.jpg").write_bytes(picture)
    root.rename(tmp_path / "away")
    (tmp_path / "other").rename(root)
    library.until_files("b.jpg")
    (root / "c.jpg").write_bytes(picture)
    library.until_files("b.jpg", "c.jpg")


def test_a_storm_ends_with_every_file_reported(patient_library, root, picture):
    library = patient_library

    def storm():
        for number in range(2000):
            folder = root / f"{number % 7}"
            folder.mkdir(exist_ok=True)
            (folder / f"{number}.jpg").write_bytes(picture)

    writer = threading.Thread(target=storm)
    writer.start()
    library.until(lambda: len(library.sizes) == 2000)
    writer.join()
    assert len(library.seen) == 2000  # none taken twice


def test_files_of_no_interest_wake_nobody(library, root, picture):
    for name in ("a.jpg.xmp", "b.mp4", ".organiser-1234.jpg", "c.jpg.part"):
        (root / name).write_bytes(picture)
    (root / "a.jpg").write_bytes(picture)
    library.until_files("a.jpg")
    assert {name for name, _ in library.seen} == {"a.jpg"}


def test_a_root_that_is_not_there_at_first_is_awaited(tmp_path, picture):
    root = tmp_path / "later"
    with Watcher([RootWatch(RootId(1), str(root))], QUICK) as watcher:
        library = Library(watcher, root)
        library.until(lambda: ChangeReason.GONE in library.reasons)
        root.mkdir()
        (root / "a.jpg").write_bytes(picture)
        library.until_files("a.jpg")


def test_a_whole_scan_is_asked_for_again_and_again(tmp_path):
    often = WatchOptions(settle=0.1, reconcile=0.05, health=0.05)
    with Watcher([RootWatch(RootId(1), str(tmp_path))], often) as watcher:
        library = Library(watcher, tmp_path)
        library.until(lambda: library.reasons.count(ChangeReason.PERIODIC) >= 3)


def test_a_folder_no_longer_ignored_is_watched_from_the_next_whole_scan_on(tmp_path, picture):
    often = WatchOptions(settle=0.1, reconcile=0.2, health=0.05, gather=0.02, breather=0.02)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".organiser-ignore").touch()
    (tmp_path / "sub" / "a.jpg").write_bytes(picture)
    with Watcher([RootWatch(RootId(1), str(tmp_path))], often) as watcher:
        library = Library(watcher, tmp_path)
        library.until(lambda: ChangeReason.STARTED in library.reasons)
        assert library.sizes == {}
        (tmp_path / "sub" / ".organiser-ignore").unlink()
        library.until_files("sub/a.jpg")


def test_a_root_of_which_everything_is_ignored_is_left_in_peace(tmp_path, picture):
    (tmp_path / ".organiser-ignore").touch()
    with Watcher([RootWatch(RootId(1), str(tmp_path))], QUICK) as watcher:
        assert watcher.take(PATIENCE).reason is ChangeReason.STARTED
        (tmp_path / "a.jpg").write_bytes(picture)
        assert watcher.take(0.5) is None


def test_roots_come_and_go_without_disturbing_the_others(tmp_path, picture):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    watch = RootWatch(RootId(1), str(tmp_path / "one"))
    two = RootWatch(RootId(2), str(tmp_path / "two"), Rules(patterns=("*.png",)))
    with Watcher([watch], QUICK) as watcher:
        assert watcher.take(PATIENCE).root == watch
        watcher.follow([watch, two])
        started = watcher.take(PATIENCE)
        assert (started.root, started.reason) == (two, ChangeReason.STARTED)
        watcher.follow([two])
        assert set(watcher.states()) == {RootId(2)}
        (tmp_path / "one" / "a.jpg").write_bytes(picture)
        (tmp_path / "two" / "a.jpg").write_bytes(picture)
        change = watcher.take(PATIENCE)
        assert (change.root, change.reason) == (two, ChangeReason.EVENTS)


def test_closing_leaves_no_thread_and_lets_a_taker_go(tmp_path):
    before = threading.active_count()
    watcher = Watcher([RootWatch(RootId(1), str(tmp_path))], QUICK)
    assert watcher.take(PATIENCE) is not None
    taken = []
    taker = threading.Thread(target=lambda: taken.append(watcher.take()))
    taker.start()
    watcher.close()
    taker.join(PATIENCE)
    assert taken == [None]
    assert threading.active_count() == before


def test_names_that_are_no_utf8_are_reported(library, root, picture):
    name = os.fsdecode(b"caf\xe9.jpg") if os.uname().sysname == "Linux" else "café.jpg"
    with open(os.path.join(root, name), "wb") as file:
        file.write(picture)
    library.until(lambda: len(library.sizes) == 1)


def change(root_id, reason=ChangeReason.EVENTS, trees=(), directories=()):
    scope = Scope(frozenset(trees), frozenset(directories))
    return Change(RootWatch(RootId(root_id), f"/{root_id}"), scope, reason)


def test_changes_nobody_took_are_merged_by_root_in_the_order_of_waiting():
    outbox = Outbox()
    outbox.put(change(1, directories=["a"]))
    outbox.put(change(2, trees=["b"]))
    outbox.put(change(1, directories=["c"], trees=["a"]))
    assert outbox.take() == change(1, directories=["c"], trees=["a"])
    assert outbox.take() == change(2, trees=["b"])
    assert outbox.take(timeout=0) is None


def test_a_change_of_a_whole_root_swallows_the_others_and_keeps_its_reason():
    outbox = Outbox()
    outbox.put(change(1, directories=["a"]))
    outbox.put(change(1, ChangeReason.OVERFLOW, trees=[""]))
    outbox.put(change(1, directories=["b"]))
    assert outbox.take() == change(1, ChangeReason.OVERFLOW, trees=[""])
