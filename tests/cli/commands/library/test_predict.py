"""`organiser predict`: pictures in, JSON lines out, no index anywhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from organiser.core.emotion import Emotion
from organiser.vision.classifiers.stub import write_stub_bundle
from tests.cli.command import Organiser, Ran
from tests.cli.library import draw_photos
from tests.photos import HAPPY, SAD, DrawnFace, empty, photo

_KEYS = [
    *("schema", "path", "status", "error", "width", "height", "emotion", "confidence", "reason", "model", "faces"),
]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_stub_bundle(tmp_path / "bundle")


def _read(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.lines]


def test_one_object_a_line_in_the_order_asked_for(organiser: Organiser, bundle: Path, tmp_path: Path) -> None:
    sad = photo(tmp_path / "b.png", [SAD])
    happy = photo(tmp_path / "a.jpg", [HAPPY], seed=1)
    lamp = photo(tmp_path / "c.jpg", seed=2)
    ran = organiser("predict", sad, happy, lamp, "--model", bundle)
    assert ran.code == 0
    read = _read(ran)
    assert [list(line) for line in read] == [_KEYS] * 3
    assert [(line["status"], line["emotion"], line["reason"]) for line in read] == [
        ("ok", "sad", "clear"),
        ("ok", "happy", "clear"),
        ("no_face", None, "no_face"),
    ]
    (face,) = read[1]["faces"]
    assert face["emotion"] == "happy"
    assert abs(sum(face["probabilities"].values()) - 1) < 0.01
    assert [abs(got - drawn) <= 4 for got, drawn in zip(face["box"], (121, 72, 77, 96), strict=True)] == [True] * 4


def test_no_home_and_no_index_are_made(organiser: Organiser, bundle: Path, home: Path, tmp_path: Path) -> None:
    organiser("predict", photo(tmp_path / "a.jpg", [HAPPY]), "--model", bundle)
    assert not home.exists()


def test_boxes_are_in_pixels_of_the_upright_picture(organiser: Organiser, bundle: Path, tmp_path: Path) -> None:
    corner = DrawnFace(Emotion.HAPPY, 0.2, 0.3, 0.3)
    turned = photo(tmp_path / "a.jpg", [corner], orientation=6, size=(400, 300))
    (line,) = _read(organiser("predict", turned, "--model", bundle))
    assert (line["width"], line["height"]) == (400, 300)
    left, top, width, height = line["faces"][0]["box"]
    assert abs(left + width / 2 - 80) < 4
    assert abs(top + height / 2 - 90) < 4


def test_bad_files_are_told_among_their_neighbours(organiser: Organiser, bundle: Path, tmp_path: Path) -> None:
    good = photo(tmp_path / "good.jpg", [HAPPY])
    ran = organiser("predict", empty(tmp_path / "empty.jpg"), "/nowhere.jpg", good, "--model", bundle)
    assert ran.code == 3
    read = _read(ran)
    assert [line["status"] for line in read] == ["failed", "failed", "ok"]
    assert read[0]["error"].startswith("empty: ")
    assert read[1]["error"].startswith("vanished: ")
    assert (read[0]["reason"], read[0]["faces"]) == (None, [])


def test_a_folder_is_walked_by_name_without_junk(organiser: Organiser, bundle: Path, tmp_path: Path) -> None:
    folder = draw_photos(tmp_path / "photos")
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.jpg").write_bytes(b"")
    names = [Path(line["path"]).name for line in _read(organiser("predict", folder, "--model", bundle))]
    assert names == ["cut.jpg", "happy.jpg", "sad.png", "lamp.jpg", "pair.jpg", "copy of happy.jpg"]


@pytest.mark.parametrize("size", [(48, 48), (128, 128), (600, 400)])
def test_a_cropped_picture_is_one_face_whatever_its_size(
    organiser: Organiser, bundle: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    face = photo(tmp_path / "face.png", [DrawnFace(Emotion.SAD, 0.5, 0.5, 0.9)], size=size)
    ran = organiser("predict", "--cropped", face, "--model", bundle)
    (line,) = _read(ran)
    assert (line["emotion"], line["faces"][0]["box"]) == ("sad", [0, 0, *size])


def test_a_model_of_whole_photos_judges_the_picture(organiser: Organiser, tmp_path: Path) -> None:
    bundle = write_stub_bundle(tmp_path / "whole", subject="photo")
    (line,) = _read(organiser("predict", photo(tmp_path / "a.jpg", [HAPPY]), "--model", bundle))
    assert (line["emotion"], line["faces"][0]["box"]) == ("happy", [0, 0, 320, 240])


def test_the_policy_of_the_settings_decides(
    organiser: Organiser, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORGANISER_POLICY_THRESHOLD", "0.999")
    (line,) = _read(organiser("predict", photo(tmp_path / "a.jpg", [HAPPY]), "--model", bundle))
    assert (line["emotion"], line["reason"], line["faces"][0]["emotion"]) == (None, "unsure", "happy")


def test_a_table_and_csv_are_for_people_and_spreadsheets(organiser: Organiser, bundle: Path, tmp_path: Path) -> None:
    picture = photo(tmp_path / "a.jpg", [HAPPY])
    table = organiser("predict", picture, "--table", "--model", bundle).lines
    assert table[0].split() == ["status", "emotion", "confidence", "reason", "faces", "path"]
    head, row = organiser("predict", picture, "--csv", "--model", bundle).lines
    assert head.split(",")[:3] == ["path", "status", "error"]
    assert row.split(",")[-1] == "1"


def test_an_unknown_model_is_an_error(organiser: Organiser, tmp_path: Path) -> None:
    ran = organiser("predict", tmp_path, "--model", "nobody")
    assert (ran.code, "there is no model 'nobody'" in ran.talk) == (1, True)
