"""`organiser review`: keys in, corrections out."""

import json
from pathlib import Path
from typing import Any

from tests.cli.command import Organiser


def _said(organiser: Organiser) -> dict[str, str]:
    every: list[dict[str, Any]] = json.loads(organiser("corrections", "list", "--json").out)
    return {Path(one["path"]).name: one["says"] for one in every}


def test_doubtful_photos_come_first_and_an_answer_is_kept(organiser: Organiser, photos: Path) -> None:
    ran = organiser("review", typed=b"s")
    assert ran.code == 0
    assert ran.lines[0].startswith("1/3  ")
    assert ran.lines[0].endswith("pair.jpg")
    assert "1 answered" in ran.talk
    assert _said(organiser) == {"pair.jpg": "is sad"}
    assert organiser("find", "reason:corrected", "--paths").lines == [str(photos / "2023" / "pair.jpg")]


def test_yes_no_nothing_and_skip_are_keys(organiser: Organiser, photos: Path) -> None:
    organiser("review", "sort:confidence", typed=b"0\nx")
    said = _said(organiser)
    assert said["pair.jpg"] == "is nothing"
    assert sorted(said.values()) in (["is happy", "is not sad", "is nothing"], ["is nothing", "is not happy", "is sad"])


def test_what_was_answered_is_no_longer_in_doubt(organiser: Organiser, photos: Path) -> None:
    organiser("review", typed=b"yyy")
    assert "nothing is in doubt" in organiser("review", typed=b"h").talk


def test_the_last_answer_can_be_undone(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--not", "sad")
    ran = organiser("review", "path:pair , path:sad", typed=b"huq")
    assert "taken back" in ran.talk
    assert list(_said(organiser).values()) == ["is not sad"]


def test_an_unknown_key_explains_the_keys(organiser: Organiser, photos: Path) -> None:
    assert organiser("review", typed=b"?q").talk.count("Space: skip") == 2


def test_a_query_narrows_the_walk(organiser: Organiser, photos: Path) -> None:
    assert organiser("review", "-path:pair", "-path:happy", typed=b" ").lines[0].startswith("1/1  ")
