"""`organiser roots`, `organiser failures`: what was handed over, and what could not be done."""

import json
from pathlib import Path

from tests.cli.command import Organiser
from tests.cli.library import scan
from tests.photos import HAPPY, photo


def _roots(organiser: Organiser) -> list[str]:
    return organiser("roots", "list", "--paths").lines


def test_folders_are_handed_over_and_taken_back(organiser: Organiser, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    assert organiser("roots", "add", tmp_path / "a", tmp_path / "b").code == 0
    assert _roots(organiser) == [str(tmp_path / "a"), str(tmp_path / "b")]
    assert organiser("roots", "remove", tmp_path / "a").code == 0
    assert _roots(organiser) == [str(tmp_path / "b")]
    assert "is not a root" in organiser("roots", "remove", tmp_path / "a").talk


def test_the_failure_of_a_file_that_is_gone_is_listed_no_more(organiser: Organiser, photos: Path) -> None:
    cut = photos / "cut.jpg"
    data = cut.read_bytes()
    assert organiser("failures", "list", "--paths").lines == [str(cut)]
    cut.unlink()
    organiser("scan", photos)
    assert organiser("failures", "list").talk == "no failures\n"
    assert json.loads(organiser("stats", "--by", "failure", "--json").out) == []
    assert json.loads(organiser("status", "--json").out)["failures"] == [0, 0]
    cut.write_bytes(data)
    organiser("scan", photos)
    assert organiser("failures", "list", "--paths").lines == [str(cut)]


def test_no_file_lies_under_two_roots(organiser: Organiser, photos: Path) -> None:
    ran = organiser("roots", "add", photos / "2023")
    assert f"already lies in the root {photos}" in ran.talk
    assert organiser("roots", "add", photos.parent).code == 0
    assert _roots(organiser) == [str(photos.parent)]
    assert organiser("find", "--count").out == "5\n"


def test_a_root_tells_its_state(organiser: Organiser, photos: Path) -> None:
    (row,) = json.loads(organiser("roots", "list", "--json").out)
    assert (row["online"], row["offline_reason"]) == (True, None)
    assert row["reconciled"]


def test_a_failure_has_path_kind_reason_stage_and_attempts(organiser: Organiser, photos: Path) -> None:
    (row,) = json.loads(organiser("failures", "list", "--json").out)
    assert (row["path"], row["kind"], row["stage"], row["attempts"]) == (
        str(photos / "cut.jpg"),
        "truncated",
        "detect",
        1,
    )
    assert row["reason"]
    assert organiser("failures", "list", photos / "2023", "--json").out == "[]\n"
    assert organiser("failures", "list", "--kind", "truncated", "--csv").out.count("\n") == 2


def test_a_mended_photo_is_read_after_a_retry(organiser: Organiser, photos: Path, home: Path) -> None:
    assert "1 due again" in organiser("failures", "retry", photos / "cut.jpg").talk
    photo(photos / "cut.jpg", [HAPPY], seed=4)
    scan(home, photos)
    assert organiser("failures", "list", "--json").out == "[]\n"
    assert organiser("find", "emotion:happy", "--count").out == "2\n"


def test_a_forgotten_failure_is_no_longer_listed(organiser: Organiser, photos: Path) -> None:
    assert organiser("failures", "forget", "--all").code == 0
    assert organiser("failures", "list").out == ""
    ran = organiser("failures", "forget", "--all")
    assert (ran.code, "no such failure" in ran.talk) == (1, True)


def test_some_failures_must_be_named(organiser: Organiser, photos: Path) -> None:
    assert organiser("failures", "retry").code == 2
