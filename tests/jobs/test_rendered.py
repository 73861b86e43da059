"""Pictures made for the screen are kept, bounded, for their owner alone, and gone with a word."""

import os
import stat
from pathlib import Path

from organiser.jobs.rendered import RenderedPictures, clear_rendered


def names(home: Path) -> list[str]:
    return sorted(os.listdir(home / "cache" / "pictures"))


def test_a_picture_is_kept_for_its_owner(tmp_path: Path) -> None:
    kept = RenderedPictures(tmp_path, 1000)
    assert kept.get("aa", 640) is None
    kept.put("aa", 640, b"picture")
    assert kept.get("aa", 640) == b"picture"
    assert kept.get("aa", 1024) is None
    (file,) = (tmp_path / "cache" / "pictures").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_those_used_longest_ago_make_room(tmp_path: Path) -> None:
    kept = RenderedPictures(tmp_path, 1000)
    for number in range(4):
        kept.put(f"{number}", 640, b"x" * 240)
        os.utime(tmp_path / "cache" / "pictures" / f"{number}-640.jpg", ns=(number, number))
    assert kept.get("0", 640) is not None  # used just now
    RenderedPictures(tmp_path, 1000).put("new", 640, b"x" * 240)
    assert names(tmp_path) == ["0-640.jpg", "3-640.jpg", "new-640.jpg"]


def test_a_photo_and_all_are_dropped(tmp_path: Path) -> None:
    kept = RenderedPictures(tmp_path, 1000)
    for digest, size in (("aa", 640), ("aa", 1024), ("aab", 640)):
        kept.put(digest, size, b"picture")
    kept.drop("aa")
    assert names(tmp_path) == ["aab-640.jpg"]
    clear_rendered(tmp_path)
    assert names(tmp_path) == []
