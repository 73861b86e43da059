"""A folder that was proved stays open for a moment, leads nowhere else meanwhile, and is proved again after it."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from organiser.errors import PlacingError
from organiser.placing.disk.kept_folders import MOMENT_S, KeptFolders


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(tmp_path: Path, clock: Clock) -> KeptFolders:
    (tmp_path / "target" / "a").mkdir(parents=True)
    return KeptFolders(str(tmp_path / "target"), clock)


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"))


def _replace_by_link(folder: Path, to: Path) -> None:
    folder.rename(folder.with_name("moved"))
    to.mkdir()
    folder.symlink_to(to)


def test_for_a_moment_a_folder_that_was_replaced_by_a_link_leads_where_it_was_proved_to(
    kept: KeptFolders, tmp_path: Path
) -> None:
    with kept.folder(("a",), None):
        pass
    _replace_by_link(tmp_path / "target" / "a", tmp_path / "originals")
    with kept.folder(("a",), None) as folder:
        os.close(os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    assert [path.name for path in (tmp_path / "target" / "moved").iterdir()] == ["new"]
    assert list((tmp_path / "originals").iterdir()) == []


def test_after_a_moment_the_link_is_noticed(kept: KeptFolders, tmp_path: Path, clock: Clock) -> None:
    with kept.folder(("a",), None):
        pass
    _replace_by_link(tmp_path / "target" / "a", tmp_path / "originals")
    clock.now = MOMENT_S * 1.01
    with pytest.raises(PlacingError, match="a link stands where"), kept.folder(("a",), None):
        pass


def test_after_letting_go_the_link_is_noticed_at_once(kept: KeptFolders, tmp_path: Path) -> None:
    with kept.folder(("a",), None):
        pass
    _replace_by_link(tmp_path / "target" / "a", tmp_path / "originals")
    kept.let_go()
    with pytest.raises(PlacingError, match="a link stands where"), kept.folder(("a",), None):
        pass


def test_a_folder_that_comes_later_is_found(kept: KeptFolders, tmp_path: Path) -> None:
    with kept.folder(("b",), None) as folder:
        assert folder is None
    (tmp_path / "target" / "b").mkdir()
    with kept.folder(("b",), None) as folder:
        assert folder is not None


def test_few_stay_open_those_in_use_among_them_and_none_after_letting_go(tmp_path: Path, clock: Clock) -> None:
    for number in range(50):
        (tmp_path / str(number)).mkdir()
    kept, before = KeptFolders(str(tmp_path), clock), _open_files()
    with ExitStack() as used:
        handles = [used.enter_context(kept.folder((str(number),), None)) for number in range(20)]
        for number in range(20, 50):
            with kept.folder((str(number),), None):
                assert _open_files() < before + 70
        assert [os.fstat(handle).st_ino for handle in handles if handle] == [
            (tmp_path / str(number)).stat().st_ino for number in range(20)
        ]
    kept.let_go()
    assert _open_files() == before
