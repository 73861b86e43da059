import time

from organiser.files.ignore import PICTURES, Rules
from organiser.files.watch.hints import Hint, HintKind
from organiser.files.watch.poll import PollingSource


def next_poll(source):
    """What the next look finds; a wait may return early with nothing."""
    deadline = time.monotonic() + 10
    while not (hints := source.wait(0.05)) and time.monotonic() < deadline:
        pass
    return [(hint.kind, hint.relpath, [file.relpath for file in hint.files]) for hint in hints]


def started(root, rules=PICTURES):
    source = PollingSource(str(root), rules, interval=0.01)
    source.start()
    return source


def test_the_first_look_tells_nothing(tmp_path, picture):
    (tmp_path / "a.jpg").write_bytes(picture)
    source = started(tmp_path)
    assert not source.wait(0.1)
    assert source.folders == 1


def test_a_folder_with_a_new_file_is_told_with_its_files(tmp_path, picture):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.jpg").write_bytes(picture)
    source = started(tmp_path)
    (tmp_path / "sub" / "b.jpg").write_bytes(picture)
    assert next_poll(source) == [(HintKind.FOLDER_CHANGED, "sub", ["sub/a.jpg", "sub/b.jpg"])]


def test_a_file_that_grew_is_told(tmp_path, picture):
    (tmp_path / "a.jpg").write_bytes(picture)
    source = started(tmp_path)
    (tmp_path / "a.jpg").write_bytes(picture * 2)
    assert next_poll(source) == [(HintKind.FOLDER_CHANGED, "", ["a.jpg"])]


def test_files_and_folders_that_go_are_told(tmp_path, picture):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.jpg").write_bytes(picture)
    source = started(tmp_path)
    (tmp_path / "a.jpg").unlink()
    assert next_poll(source) == [(HintKind.FOLDER_CHANGED, "", [])]
    (tmp_path / "sub").rmdir()
    assert next_poll(source) == [(HintKind.FOLDER_GONE, "sub", [])]


def test_what_happens_in_ignored_folders_is_not_told(tmp_path, picture):
    for folder in ("@eaDir", "raw", "private"):
        (tmp_path / folder).mkdir()
    (tmp_path / "private" / ".organiser-ignore").touch()
    source = started(tmp_path, Rules(patterns=("raw/",)))
    for folder in ("@eaDir", "raw", "private"):
        (tmp_path / folder / "a.jpg").write_bytes(picture)
    (tmp_path / "z.jpg").write_bytes(picture)
    assert next_poll(source) == [(HintKind.FOLDER_CHANGED, "", ["z.jpg"])]


def test_a_root_that_cannot_be_seen_is_told_as_lost_and_compared_when_it_is_back(tmp_path, picture):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.jpg").write_bytes(picture)
    source = started(root)
    root.rename(tmp_path / "away")
    assert source.wait(10) == [Hint(HintKind.LOST)]
    (tmp_path / "away").rename(root)
    (root / "b.jpg").write_bytes(picture)
    hint = next_poll(source)
    while hint == [(HintKind.LOST, "", [])]:
        hint = next_poll(source)
    assert hint == [(HintKind.FOLDER_CHANGED, "", ["a.jpg", "b.jpg"])]


def test_a_wait_can_be_woken(tmp_path):
    source = PollingSource(str(tmp_path), PICTURES, interval=1000)
    source.start()
    source.wake()
    began = time.monotonic()
    assert source.wait(100) == ()
    assert time.monotonic() - began < 50
