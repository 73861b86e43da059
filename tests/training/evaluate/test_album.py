"""An album: what its labels make of a photo, what a policy makes of its faces, and the figures of both."""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.legible import Legibility
from organiser.core.judging.verdict import Policy
from organiser.errors import Permanent
from organiser.training.evaluate.album import (
    AlbumPhoto,
    Labelled,
    choose,
    measure,
    read_album,
    read_labels,
    shows,
    truth,
    with_overrides,
    with_own_mixture,
)
from organiser.training.reports.album_report import report
from organiser.vision.detectors.stub import DrawnFaces
from tests.photos import HAPPY, SAD, DrawnFace, scene

HEADER = ["file", "sha256", "x", "y", "w", "h", "height", "label", "note"]


class SadPredictor:
    """Reads every face as sad by the same probability."""

    name, digest, labels, subject, size = "sad", "0" * 64, ("happy", "sad"), "face", 0

    def __init__(self, sad: float = 0.6) -> None:
        self._sad = sad

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.tile(np.float32([1 - self._sad, self._sad]), (len(crops), 1))


def _label(label: str, note: str = "") -> Labelled:
    return Labelled(Box(0, 0, 1, 1), 100, label, note)


@pytest.fixture
def album(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of two photos, one happy and one sad face, and the file of their labels."""
    folder, labels = tmp_path / "photos", tmp_path / "labels.csv"
    folder.mkdir()
    with labels.open("w", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(HEADER)
        for name, drawn in (("happy", HAPPY), ("sad", SAD)):
            image = scene(faces=[drawn])
            path = folder / f"{name}.png"
            image.save(path)
            (face,) = DrawnFaces().detect(np.asarray(image))
            box = face.box
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            rows.writerow([path.name, digest, box.x, box.y, box.w, box.h, 100, name, ""])
    return folder, labels


def _read(album: tuple[Path, Path], sad: float = 0.6) -> list[AlbumPhoto]:
    folder, labels = album
    return read_album(folder, read_labels(labels), SadPredictor(sad), DrawnFaces())


@pytest.mark.parametrize(
    ("labels", "others", "shown"),
    [
        (["happy", "neither"], False, "happy"),
        (["sad", "cannot"], False, "sad"),
        (["happy", "sad"], False, "mixed"),
        (["neither", "cannot"], True, "neither"),
        (["cannot"], False, "unclear"),
        ([], True, "unclear"),
        ([], False, "neither"),
    ],
)
def test_a_photo_shows_what_its_faces_show(labels: list[str], others: bool, shown: str) -> None:
    assert truth(map(_label, labels), others=others) == shown


def test_a_false_alarm_of_the_detector_makes_no_photo_unclear() -> None:
    assert truth([_label("cannot", "no_face")], others=False) == "neither"
    assert truth([_label("cannot", "drawing")], others=False) == "unclear"


def test_what_is_placed_is_counted_against_what_is_shown(album: tuple[Path, Path]) -> None:
    photos = _read(album)
    assert [shows(photo) for photo in photos] == ["happy", "sad"]
    found = measure(photos, Policy())
    sad = found["by_photo"]["sad"]
    assert (sad["placed"], sad["right"], sad["wrong"], sad["there"]) == (2, 1, 1, 1)
    assert (sad["precision"], sad["recall"]) == (0.5, 1.0)
    assert found["by_photo"]["happy"]["precision"] is None
    assert found["by_height"]["72-120"]["sad"]["placed"] == 2


def test_a_policy_places_less(album: tuple[Path, Path]) -> None:
    photos = _read(album)
    for policy in (Policy(thresholds={Emotion.SAD: 0.7}), Policy(legible=Legibility(frontal=2.0))):
        assert measure(photos, policy)["by_photo"]["sad"]["placed"] == 0


def test_a_threshold_is_chosen_by_its_precision_on_one_half_only(album: tuple[Path, Path]) -> None:
    photos = _read(album)
    chosen = [AlbumPhoto(photo.name, "0" * 64, photo.faces, photo.labels, photo.size) for photo in photos]
    assert choose(chosen, Policy(), Emotion.SAD, 0.5) == 0.3
    assert choose(chosen, Policy(), Emotion.SAD, 0.8) is None
    kept_back = [AlbumPhoto(photo.name, "1" * 64, photo.faces, photo.labels, photo.size) for photo in photos]
    assert choose(kept_back, Policy(), Emotion.SAD, 0.5) is None


def test_what_is_rare_in_the_album_is_read_less(album: tuple[Path, Path]) -> None:
    photos = _read(album, sad=0.6)
    learned = {Emotion.HAPPY: 0.2, Emotion.SAD: 0.8}
    found, own = with_own_mixture(photos, Policy(), learned)
    assert own == pytest.approx({Emotion.HAPPY: 0.2, Emotion.SAD: 0.8}, abs=0.02)
    odds = 0.6 * own[Emotion.SAD] / 0.8, 0.4 * own[Emotion.HAPPY] / 0.2
    sad = [read[Emotion.SAD] for photo in found for _, read in photo.faces if read]
    assert sad == pytest.approx([odds[0] / sum(odds)] * 2)
    _, nothing = with_own_mixture(photos, Policy(legible=Legibility(size=10_000)), learned)
    assert nothing == pytest.approx(learned)


def test_another_file_than_was_labelled_is_refused(album: tuple[Path, Path]) -> None:
    folder, _ = album
    scene(faces=[DrawnFace(Emotion.SAD, 0.5, 0.5, 0.5)]).save(folder / "happy.png")
    with pytest.raises(Permanent, match="not the file that was labelled"):
        _read(album)
    (folder / "happy.png").unlink()
    with pytest.raises(Permanent, match="1 labelled photos are not there"):
        _read(album)


def test_labels_that_nobody_knows_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(",".join(HEADER) + "\na.jpg,00,0,0,1,1,50,glad,\n")
    with pytest.raises(Permanent, match="unknown label 'glad'"):
        read_labels(file)


def test_the_labels_of_the_project_can_be_read() -> None:
    labels = read_labels(Path("training/groups/album.csv"))
    assert sum(len(faces) for _, faces in labels.values()) == 912


def test_a_policy_is_changed_by_key_and_value() -> None:
    policy = with_overrides(Policy(), ["sad=0.6", "frontal=0.4", "threshold=0.55"])
    assert (policy.least(Emotion.SAD), policy.legible.frontal, policy.threshold) == (0.6, 0.4, 0.55)
    with pytest.raises(Permanent, match="glad"):
        with_overrides(Policy(), ["glad=0.6"])


def test_the_report_shows_the_wrong_photos_and_no_others(album: tuple[Path, Path], tmp_path: Path) -> None:
    report(_read(album), Policy(), SadPredictor(), album[0], tmp_path / "out")
    page = (tmp_path / "out" / "wrong.html").read_text()
    assert "happy.png" in page
    assert ": sad.png" not in page
    assert len(list((tmp_path / "out" / "wrong").iterdir())) == 1
    assert json.loads((tmp_path / "out" / "album.json").read_text())["parts"]["all"]["photos"] == 2
    assert "| all (2) | sad | 2 | 1 | 0 | 1 | 1 | 0.50 | 1.00 |" in (tmp_path / "out" / "album.md").read_text()
