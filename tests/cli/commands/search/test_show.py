"""`organiser show` and `organiser stats`: everything known of one photo, and all photos counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Organiser


def _shown(organiser: Organiser, path: Path) -> dict[str, Any]:
    (row,) = json.loads(organiser("show", path, "--json").out)
    return dict(row)


def test_a_photo_is_told_whole(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("collections", "edit", "happy", "--to", tmp_path / "happy", "--mode", "symlink")
    organiser("collections", "sync")
    row = _shown(organiser, photos / "happy.jpg")
    assert (row["verdict"]["emotion"], row["verdict"]["reason"], row["verdict"]["model"]) == (
        "happy",
        "clear",
        "stub@1",
    )
    assert row["verdict"]["policy_in_force"] is True
    assert "under the rule area" in row["verdict"]["why"]
    (face,) = row["faces"]
    assert (face["face"], face["emotion"], face["too_poor"]) == (1, "happy", None)
    assert abs(sum(face["probabilities"].values()) - 1) < 0.01
    assert [Path(file["path"]).name for file in row["files"]] == ["happy.jpg", "copy of happy.jpg"]
    assert row["placements"] == [
        {"collection": "happy", "mode": "symlink", "target": str(tmp_path / "happy"), "destination": "happy.jpg"}
    ]
    assert (row["width"], row["height"], row["camera"]) == (320, 240, "Acme One")


def test_people_get_the_same_in_words(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "2023" / "pair.jpg", "--face", "1", "--not", "sad")
    text = organiser("show", photos / "2023" / "pair.jpg").out
    assert text.startswith(f"{photos / '2023' / 'pair.jpg'}\n  320 × 240, 2023-01-02 00:00:00\n")
    assert "the faces disagree" in text
    assert "corrected  face 1 is not sad, by " in text
    assert "face 2" in text


def test_a_failure_and_no_face_are_never_confused(organiser: Organiser, photos: Path) -> None:
    cut, lamp = _shown(organiser, photos / "cut.jpg"), _shown(organiser, photos / "2023" / "lamp.jpg")
    assert (cut["verdict"], cut["detect"]["outcome"], cut["failures"][0]["kind"]) == (None, "failed", "truncated")
    assert (lamp["verdict"]["reason"], lamp["detect"]["outcome"], lamp["failures"]) == ("no_face", "no_face", [])
    assert "no verdict: it could not be read" in organiser("show", photos / "cut.jpg").out


def test_a_correction_is_told_with_who_and_when(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "sad.png", "--as", "nothing")
    row = _shown(organiser, photos / "sad.png")
    (correction,) = row["corrections"]
    assert (correction["face"], correction["verb"], correction["emotion"], bool(correction["who"])) == (
        0,
        "is",
        None,
        True,
    )
    assert row["verdict"]["why"] == "somebody said so"


def test_what_is_not_in_the_index_is_an_error(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no photo")
    ran = organiser("show", tmp_path / "notes.txt")
    assert (ran.code, "is not in the index" in ran.talk) == (1, True)


def test_several_photos_and_folders_are_told_in_turn(organiser: Organiser, photos: Path) -> None:
    lines = organiser("show", photos / "sad.png", photos / "2023", "--jsonl").lines
    names = [Path(json.loads(line)["path"]).name for line in lines]
    assert names[0] == "sad.png"
    assert sorted(names[1:]) == ["lamp.jpg", "pair.jpg"]


def _counts(organiser: Organiser, *words: str) -> dict[str, int]:
    return {
        f"{load['by']} {load['value']}": load["count"] for load in json.loads(organiser("stats", *words, "--json").out)
    }


def test_photos_are_counted_by_what_people_ask_about(organiser: Organiser, photos: Path) -> None:
    counts = _counts(organiser)
    assert (counts["emotion happy"], counts["emotion sad"], counts["emotion none"]) == (1, 1, 3)
    assert (counts["reason clear"], counts["reason mixed"], counts["reason no_face"]) == (2, 1, 1)
    assert (counts["month 2024-05"], counts["camera Acme One"], counts["failure truncated"]) == (1, 1, 1)
    assert counts["folder 2023"] == 2


def test_nothing_is_counted_in_an_empty_library(organiser: Organiser) -> None:
    assert _counts(organiser) == {}


def test_a_query_narrows_what_is_counted(organiser: Organiser, photos: Path) -> None:
    assert _counts(organiser, "faces:1..", "-emotion:sad", "--by", "emotion") == {"emotion happy": 1, "emotion none": 1}


def test_a_face_that_does_not_count_says_why(
    organiser: Organiser, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORGANISER_POLICY_FRONTAL", "2")
    row = _shown(organiser, photos / "happy.jpg")
    assert row["faces"][0]["too_poor"] == "turned"
    assert "does not count: turned too far away" in organiser("show", photos / "happy.jpg").out


def test_it_says_where_a_date_is_from(organiser: Organiser, photos: Path) -> None:
    assert "2024-05-17 14:03:00, Acme One" in organiser("show", photos / "happy.jpg").out
    assert "(the file's own time)" in organiser("show", photos / "sad.png").out
    rows = json.loads(organiser("show", photos / "happy.jpg", photos / "sad.png", "--json").out)
    assert [row["taken_from"] for row in rows] == ["exif", "file"]


def test_a_huge_file_that_is_not_known_is_refused_before_it_is_read(organiser: Organiser, photos: Path) -> None:
    with (photos / "clip.jpg").open("wb") as file:
        file.truncate(20 << 30)  # sparse: reading it would take half a minute
    for command in ("show", "predict"):
        text = organiser(command, photos / "clip.jpg")
        assert "21.47 GB" in text.talk + text.out, command
    assert organiser("show", photos / "clip.jpg").code == 1
