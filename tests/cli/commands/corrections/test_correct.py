"""`organiser correct` and `organiser corrections`: a person's word wins, is kept with who and when, and can be taken back."""

import csv
import json
from pathlib import Path
from typing import Any

import cv2
import pytest

from organiser.vision.classifiers.stub import write_stub_bundle
from tests.cli.command import Organiser
from tests.cli.library import PAIR, scan
from tests.photos import photo


def _find(organiser: Organiser, *query: str) -> list[str]:
    return sorted(Path(line).name for line in organiser("find", *query, "--paths").lines)


def _said(organiser: Organiser) -> list[dict[str, Any]]:
    corrections: list[dict[str, Any]] = json.loads(organiser("corrections", "list", "--json").out)
    return corrections


def test_a_correction_changes_the_verdict_at_once(organiser: Organiser, photos: Path) -> None:
    assert _find(organiser, "emotion:sad") == ["sad.png"]
    ran = organiser("correct", photos / "happy.jpg", "--as", "sad")
    assert (ran.code, ran.talk) == (0, "sad: 1 photo\n")
    assert _find(organiser, "emotion:sad", "reason:corrected", "confidence:1") == ["happy.jpg"]
    (correction,) = _said(organiser)
    assert (correction["says"], correction["face"], bool(correction["who"]), bool(correction["at"])) == (
        "is sad",
        None,
        True,
        True,
    )


def test_nothing_is_an_answer(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--as", "nothing")
    assert _find(organiser, "emotion:none", "reason:corrected") == ["happy.jpg"]


def test_not_this_leaves_the_next_likely(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--not", "happy")
    assert "happy.jpg" not in _find(organiser, "emotion:happy")


def test_one_face_of_several_is_corrected(organiser: Organiser, photos: Path) -> None:
    pair = photos / "2023" / "pair.jpg"
    assert _find(organiser, "emotion:none", "faces:2") == ["pair.jpg"]
    for face in (1, 2):
        assert organiser("correct", pair, "--face", face, "--as", "happy").code == 0
    assert _find(organiser, "emotion:happy", "faces:2", "reason:corrected") == ["pair.jpg"]
    assert [row["face"] for row in _said(organiser)] == [1, 2]
    wrong = organiser("correct", pair, "--face", 3, "--as", "happy")
    assert wrong.code == 1
    assert "2 faces" in wrong.talk


def test_nothing_on_the_only_face_is_a_correction_too(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--face", 1, "--as", "nothing")
    assert _find(organiser, "emotion:none", "reason:corrected") == ["happy.jpg"]
    assert "happy.jpg" not in organiser("review", typed=b"   ").out


def test_what_is_no_face_counts_for_nothing(organiser: Organiser, photos: Path) -> None:
    pair = photos / "2023" / "pair.jpg"
    kinds = [face["emotion"] for face in json.loads(organiser("show", pair, "--json").out)[0]["faces"]]
    other = kinds.index("happy") + 1
    organiser("correct", pair, "--face", 3 - other, "--as", "no_face")
    assert _find(organiser, "emotion:happy", "faces:1", "reason:clear") == ["happy.jpg", "pair.jpg"]
    (shown,) = json.loads(organiser("show", pair, "--json").out)
    assert [face["too_poor"] for face in shown["faces"]][2 - other] == "no_face"
    assert [(row["says"], row["face"]) for row in _said(organiser)] == [("is no face", 3 - other)]
    assert "somebody said that it is no face" in organiser("show", pair).out
    organiser("correct", pair, "--face", 3 - other, "--as", "sad")
    assert [row["says"] for row in _said(organiser)] == ["is sad"]
    assert "pair.jpg" in _find(organiser, "faces:2")


def test_a_photo_whose_only_face_is_none_shows_no_face(organiser: Organiser, photos: Path) -> None:
    happy = photos / "happy.jpg"
    organiser("correct", happy, "--face", 1, "--as", "no_face")
    assert "happy.jpg" in _find(organiser, "reason:no_face", "faces:0", "corrected:yes")
    assert "no face" in organiser("show", happy).out
    organiser("correct", happy, "--face", 1, "--not", "happy")
    assert "happy.jpg" in _find(organiser, "faces:1")
    organiser("correct", happy, "--clear")
    assert "happy.jpg" in _find(organiser, "emotion:happy", "faces:1")


def test_a_whole_photo_is_not_called_no_face(organiser: Organiser, photos: Path) -> None:
    ran = organiser("correct", photos / "happy.jpg", "--as", "no_face")
    assert ran.code == 2
    assert "--face N" in ran.talk


def test_no_face_travels_to_another_index(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    happy = photos / "happy.jpg"
    organiser("correct", happy, "--face", 1, "--as", "no_face")
    organiser("corrections", "export", tmp_path / "set")
    organiser("correct", happy, "--face", 1, "--as", "sad")
    assert "1 in conflict" in organiser("corrections", "import", tmp_path / "set").talk
    assert "1 corrections taken" in organiser("corrections", "import", tmp_path / "set", "--theirs").talk
    assert "happy.jpg" in _find(organiser, "reason:no_face", "faces:0")
    assert "1 known already" in organiser("corrections", "import", tmp_path / "set").talk


def test_faces_that_people_say_differ_are_mixed(
    organiser: Organiser, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORGANISER_POLICY_RULE", "any")
    pair = photos / "2023" / "pair.jpg"
    organiser("correct", pair, "--face", 1, "--as", "happy")
    organiser("correct", pair, "--face", 2, "--as", "sad")
    assert _find(organiser, "emotion:none", "faces:2", "reason:mixed") == ["pair.jpg"]


def test_a_correction_is_taken_back(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--as", "sad")
    ran = organiser("correct", photos / "happy.jpg", "--clear")
    assert ran.talk == "took back 1 corrections of 1 photo\n"
    assert _find(organiser, "emotion:happy", "reason:clear") == ["happy.jpg"]
    assert _said(organiser) == []


def test_a_copy_outside_every_root_names_the_photo_it_shows(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "mailed.jpg").write_bytes((photos / "happy.jpg").read_bytes())
    assert organiser("correct", tmp_path / "mailed.jpg", "--as", "sad").code == 0
    assert "happy.jpg" in _find(organiser, "emotion:sad")


def test_a_folder_names_all_its_photos(organiser: Organiser, photos: Path) -> None:
    assert organiser("correct", photos / "2023", "--as", "fear").talk == "fear: 2 photos\n"
    assert _find(organiser, "emotion:fear") == ["lamp.jpg", "pair.jpg"]


def test_a_photo_that_could_not_be_read_can_be_corrected_too(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "cut.jpg", "--as", "happy")
    assert "cut.jpg" in _find(organiser, "emotion:happy")
    organiser("correct", photos / "cut.jpg", "--clear")
    assert "cut.jpg" in _find(organiser, "judged:no")


def test_a_correction_outlives_a_new_model(organiser: Organiser, photos: Path, home: Path, tmp_path: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--as", "sad")
    organiser("correct", photos / "2023" / "pair.jpg", "--face", "1", "--not", "happy")
    organiser("models", "add", write_stub_bundle(tmp_path / "other", version="2"))
    organiser("models", "use", "stub@2")
    organiser("correct", photos / "sad.png", "--as", "happy")
    assert _find(organiser, "emotion:sad", "reason:corrected") == ["happy.jpg"]
    assert _find(organiser, "model:stub@2") == ["sad.png"]


def test_an_unknown_path_is_an_error(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    stranger = photo(tmp_path / "stranger.jpg", seed=99)
    ran = organiser("correct", stranger, "--as", "sad")
    assert ran.code == 1
    assert "is not in the index" in ran.talk


@pytest.mark.parametrize("words", [(), ("--as", "sad", "--clear"), ("--clear", "--face", "1"), ("--as", "merry")])
def test_exactly_one_thing_is_said(organiser: Organiser, photos: Path, words: tuple[str, ...]) -> None:
    assert organiser("correct", photos / "happy.jpg", *words).code == 2


def test_corrections_become_a_training_set(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--as", "sad")
    organiser("correct", photos / "2023" / "pair.jpg", "--face", "2", "--as", "fear")
    organiser("correct", photos / "2023" / "lamp.jpg", "--as", "neutral")
    organiser("correct", photos / "sad.png", "--not", "angry")
    ran = organiser("corrections", "export", tmp_path / "set")
    assert ran.code == 0
    assert "2 faces and 1 photos" in ran.talk
    with open(tmp_path / "set" / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["emotion"], row["subject"], row["face"]) for row in rows] == [
        ("sad", "face", ""),
        ("fear", "face", "2"),
        ("neutral", "photo", ""),
    ]
    for row in rows:
        crop = cv2.imread(str(tmp_path / "set" / row["file"]))
        assert crop is not None
        assert (crop.shape == (128, 128, 3)) is (row["subject"] == "face")
    assert len(list((tmp_path / "set").glob("*/*.jpg"))) == 2


def test_a_second_export_follows_what_changed(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--as", "sad")
    organiser("corrections", "export", tmp_path / "set")
    (tmp_path / "set" / "mine.txt").write_text("kept")
    organiser("correct", photos / "happy.jpg", "--as", "fear")
    organiser("corrections", "export", tmp_path / "set")
    assert [path.parent.name for path in (tmp_path / "set").glob("*/*.jpg")] == ["fear"]
    assert (tmp_path / "set" / "mine.txt").exists()


def test_an_export_never_lands_among_other_files(organiser: Organiser, photos: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--as", "sad")
    ran = organiser("corrections", "export", photos)
    assert ran.code == 1
    assert "something else" in ran.talk


def test_a_face_is_found_again_when_it_is_seen_elsewhere_by_a_little(
    organiser: Organiser, photos: Path, home: Path
) -> None:
    pair = photo(photos / "again.jpg", PAIR, seed=7)
    scan(home, photos)
    organiser("correct", pair, "--face", "1", "--as", "sad")
    organiser("correct", pair, "--face", "2", "--as", "sad")
    assert _find(organiser, "emotion:sad", "faces:2") == ["again.jpg"]


def test_corrections_go_from_one_home_to_another(organiser: Organiser, photos: Path, tmp_path: Path) -> None:
    organiser("correct", photos / "happy.jpg", "--as", "sad")
    organiser("corrections", "export", tmp_path / "mine")
    organiser("correct", photos / "happy.jpg", "--as", "fear")
    ran = organiser("corrections", "import", tmp_path / "mine" / "corrections.csv")
    assert ran.code == 0
    assert "happy.jpg: is sad; " in ran.talk
    assert "said here: is fear" in ran.talk
    assert "0 corrections taken, 0 known already, 1 in conflict" in ran.talk
    assert (
        "1 corrections would be taken"
        in organiser("corrections", "import", tmp_path / "mine", "--theirs", "--dry-run").talk
    )
    organiser("corrections", "import", tmp_path / "mine", "--theirs")
    assert organiser("find", "emotion:sad corrected:yes", "--paths").lines == [str(photos / "happy.jpg")]
