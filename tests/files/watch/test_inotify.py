"""The Linux source against the real inotify: what it must not watch, and what happens at the kernel's limits."""

import os
import signal
import time

import pytest
import watchdog.version

from organiser.files.ignore import Rules
from organiser.files.watch.hints import HintKind
from organiser.files.watch.inotify import InotifySource
from tests.files.watch.watch_process import WatchProcess


@pytest.fixture
def source_of():
    started = []

    def start(root, rules=Rules()):  # noqa: B008
        source = InotifySource(str(root), rules)
        started.append(source)
        source.start()
        return source

    yield start
    for source in started:
        source.stop()


def kernel_watches():
    """How many watches this process holds, as the kernel tells."""
    count = 0
    for name in os.listdir("/proc/self/fdinfo"):
        try:
            with open(f"/proc/self/fdinfo/{name}", encoding="ascii") as file:
                count += sum(line.startswith("inotify wd:") for line in file)
        except FileNotFoundError:
            continue
    return count


def told(source, *wanted):
    hints = []
    deadline = time.monotonic() + 20
    while not {*wanted} <= {(hint.kind, hint.relpath) for hint in hints}:
        assert time.monotonic() < deadline, (wanted, hints)
        hints += source.wait(1)
    return hints


def test_the_installed_watchdog_is_the_one_this_was_written_for():
    assert watchdog.version.VERSION_INFO[:2] == (7, 1)


def test_ignored_folders_get_no_watch(tmp_path, source_of):
    for folder in ("a/b", "@eaDir/x", ".cache/y", "raw/z", "private/deep", "mine/2024"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "private" / ".organiser-ignore").touch()
    (tmp_path / "mine" / ".organiser-collection").touch()
    before = kernel_watches()
    source = source_of(tmp_path, Rules(patterns=("raw/",)))
    assert kernel_watches() - before == source.folders == 3
    for folder in ("raw/new", "@eaDir/new", "#recycle", "c"):
        (tmp_path / folder).mkdir(parents=True)
    told(source, (HintKind.FOLDER_MADE, "c"))
    assert kernel_watches() - before == source.folders == 4


def test_a_folder_that_is_ignored_from_now_on_loses_its_watches(tmp_path, source_of):
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    before = kernel_watches()
    source = source_of(tmp_path)
    (tmp_path / "sub" / ".organiser-ignore").touch()
    source.refresh("sub")
    assert kernel_watches() - before == source.folders == 1
    (tmp_path / "sub" / ".organiser-ignore").unlink()
    source.refresh("")
    assert kernel_watches() - before == source.folders == 3


def test_folders_that_go_give_their_watches_back(tmp_path, source_of):
    for number in range(20):
        (tmp_path / "root" / f"{number}" / "deep").mkdir(parents=True)
    before = kernel_watches()
    source = source_of(tmp_path / "root")
    assert kernel_watches() - before == 41
    for number in range(10):
        (tmp_path / "root" / f"{number}").rename(tmp_path / f"{number}")
    for number in range(10, 20):
        (tmp_path / "root" / f"{number}" / "deep").rmdir()
        (tmp_path / "root" / f"{number}").rmdir()
    told(source, (HintKind.FOLDER_GONE, "9"), (HintKind.FOLDER_GONE, "19"))
    assert kernel_watches() - before == source.folders == 1
    source.stop()
    assert kernel_watches() == before


def test_a_file_closed_after_writing_is_finished(tmp_path, picture, source_of):
    source = source_of(tmp_path)
    (tmp_path / "a.jpg").write_bytes(picture)
    told(source, (HintKind.FINISHED, "a.jpg"))


def test_a_file_left_open_is_only_touched(tmp_path, picture, source_of):
    source = source_of(tmp_path)
    with open(tmp_path / "a.jpg", "wb") as file:
        file.write(picture)
        file.flush()
        hints = told(source, (HintKind.TOUCHED, "a.jpg"))
        assert HintKind.FINISHED not in {hint.kind for hint in hints}


def test_names_that_are_no_utf8_are_told_as_the_same_bytes(tmp_path, picture, source_of):
    source = source_of(tmp_path)
    os.mkdir(os.path.join(os.fsencode(tmp_path), b"caf\xe9"))
    told(source, (HintKind.FOLDER_MADE, "caf\udce9"))
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9", b"\xff.jpg"), "wb") as file:
        file.write(picture)
    told(source, (HintKind.FINISHED, "caf\udce9/\udcff.jpg"))


def test_a_link_to_a_folder_is_not_watched(tmp_path, source_of):
    (tmp_path / "outside").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "outside")
    assert source_of(tmp_path / "root").folders == 1


def fill_the_queue(root):
    with open("/proc/sys/fs/inotify/max_queued_events", encoding="ascii") as file:
        events = int(file.read())
    for number in range(events // 2 + 100):  # each is a going and a coming: two events
        os.rename(root / f"{number % 2}.jpg", root / f"{1 - number % 2}.jpg")
    (root / "after").mkdir()


def test_an_overflow_asks_for_a_whole_scan_and_loses_no_folder(tmp_path, picture):
    (tmp_path / "0.jpg").write_bytes(picture)
    with WatchProcess(tmp_path) as watch:
        watch.until(lambda change: change["reason"] == "started")
        watch.stop()
        fill_the_queue(tmp_path)
        watch.signal(signal.SIGCONT)
        assert watch.until(lambda change: change["reason"] == "overflow")["trees"] == [""]
        # The folder was made when events were being lost; it is watched all the same.
        (tmp_path / "after" / "b.jpg").write_bytes(picture)
        watch.until(lambda change: "after" in change["directories"])


def test_without_watches_enough_a_root_is_polled_and_the_setting_named(tmp_path, picture):
    for number in range(30):
        (tmp_path / f"{number}").mkdir()
    with WatchProcess(tmp_path, watches=20) as watch:
        change = watch.until(lambda change: change["reason"] == "polled")
        assert change["watching"] == "polling"
        assert "sudo sysctl fs.inotify.max_user_" in change["note"]
        (tmp_path / "29" / "a.jpg").write_bytes(picture)
        watch.until(lambda change: "29" in change["directories"])
        (tmp_path / "28" / "a.jpg").write_bytes(picture)
        assert watch.until(lambda change: "28" in change["directories"])["note"] == change["note"]
        assert watch.end() == ""  # nothing is logged for each folder or file


def test_watches_that_run_out_later_turn_a_root_to_polling(tmp_path, picture):
    with WatchProcess(tmp_path, watches=20) as watch:
        watch.until(lambda change: change["trees"] == [""])
        for number in range(30):
            (tmp_path / f"{number}").mkdir()
        (tmp_path / "29" / "a.jpg").write_bytes(picture)
        watch.until(lambda change: change["watching"] == "polling")
        (tmp_path / "28" / "a.jpg").write_bytes(picture)
        assert watch.until(lambda change: "28" in change["directories"])["watching"] == "polling"


def test_a_reader_that_dies_is_replaced_and_a_whole_scan_asked_for(tmp_path, picture):
    with WatchProcess(tmp_path) as watch:
        watch.until(lambda change: change["reason"] == "started")
        watch.signal(signal.SIGUSR1)
        watch.until(lambda change: change["reason"] == "broken")
        (tmp_path / "a.jpg").write_bytes(picture)
        assert watch.until(lambda change: change["reason"] == "restarted")["trees"] == [""]
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub" / "a.jpg").write_bytes(picture)
        watch.until(lambda change: "sub" in change["directories"])
