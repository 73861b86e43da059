"""Ignore rules that are written: they mean one name, cost no line that was there, and are never written twice."""

import os
import sys
from pathlib import Path

import pytest

from organiser.files.exclude import exclude
from organiser.files.ignore import PICTURES, is_ignored

_NAMES = [
    "a.jpg",
    "what [now] #1?.jpg",
    "!x.jpg",
    "#h.jpg",
    "trail ",
    " lead.jpg",
    "b\\c.jpg",
    "*.jpg",
    "d\ne.jpg",
    "f\u2028g.jpg",
    "h\x0bi.jpg",
    "j\x0ck.jpg",
    "l\x85m.jpg",
    "n\x1co.jpg",
    "p\rq.jpg",
    "end\x0c",
    "end\u2028",
    "é.jpg",
]


@pytest.mark.parametrize("name", [*_NAMES, *([] if sys.platform == "darwin" else [os.fsdecode(b"caf\xe9.jpg")])])
def test_any_name_is_excluded_and_nothing_else(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    written = exclude(str(tmp_path / name), root=str(tmp_path))
    assert written == str(tmp_path / ".organiser-ignore")
    assert is_ignored(str(tmp_path), name, PICTURES)
    assert not is_ignored(str(tmp_path), "other.jpg", PICTURES)
    assert not is_ignored(str(tmp_path), f"folder/{name}", PICTURES)
    assert exclude(str(tmp_path / name), root=str(tmp_path)) is None


def test_a_folder_is_excluded_by_its_parent_and_a_root_by_itself(tmp_path: Path) -> None:
    (tmp_path / "2023").mkdir()
    assert exclude(str(tmp_path / "2023"), root=str(tmp_path)) == str(tmp_path / ".organiser-ignore")
    assert is_ignored(str(tmp_path), "2023/a.jpg", PICTURES)
    assert exclude(str(tmp_path / "2023"), root=str(tmp_path / "2023")) == str(tmp_path / "2023" / ".organiser-ignore")
    assert is_ignored(str(tmp_path / "2023"), "a.jpg", PICTURES)


def test_lines_that_were_there_stay_with_their_mode(tmp_path: Path) -> None:
    rules = tmp_path / ".organiser-ignore"
    rules.write_bytes(b"*.gif\r\n# caf\xe9\r\nraw/")
    rules.chmod(0o640)
    exclude(str(tmp_path / "a.jpg"), root=str(tmp_path))
    assert rules.read_bytes() == b"*.gif\r\n# caf\xe9\r\nraw/\n/a.jpg\n"
    assert rules.stat().st_mode & 0o777 == 0o640


def test_a_file_that_covers_its_whole_folder_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".organiser-ignore").write_text("")
    assert exclude(str(tmp_path / "a.jpg"), root=str(tmp_path)) is None
    assert (tmp_path / ".organiser-ignore").read_text() == ""


def test_a_folder_that_is_gone_needs_no_rule(tmp_path: Path) -> None:
    assert exclude(str(tmp_path / "gone" / "a.jpg"), root=str(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []
