"""The audit fails when a slice falls, when the blanked face is still read and when attention lies elsewhere."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from organiser.errors import Permanent
from organiser.training.__main__ import main
from organiser.training.data.faces import Faces
from organiser.training.data.prepared import load
from organiser.training.evaluate.robustness import attention, audit
from organiser.training.learn.fit import fit
from organiser.training.learn.targets import Targets
from tests.training.drawn import tiny_config, write_tree
from tests.training.pixels import PixelPredictor, brightness, corner, draw_faces, mouth_corners


def by_redness(crops: np.ndarray) -> np.ndarray:
    """Happy is red in the middle of the face, sad is blue."""
    middle = crops[:, 60:90, 50:80].mean(axis=(1, 2))
    return (middle[:, 0] - middle[:, 2]) / 16


def coloured(faces: Faces) -> Faces:
    crops = faces.crops.copy()
    for crop, label in zip(crops, faces.labels, strict=True):
        crop[50:100, 40:90] = (200, 60, 60) if label == "happy" else (60, 60, 200)
    return replace(faces, crops=crops)


def marked(faces: Faces) -> Faces:
    """Faces whose picture tells in its corner what the face shows."""
    crops = faces.crops.copy()
    for crop, label in zip(crops, faces.labels, strict=True):
        crop[:14, :14] = 255 if label == "happy" else 0
    return replace(faces, crops=crops)


def test_a_predictor_of_mouths_falls_where_the_mouth_is_hidden_and_nowhere_else_on_the_face(tmp_path: Path) -> None:
    fallen = audit(PixelPredictor(mouth_corners), draw_faces(20), tmp_path)
    assert [text.partition(":")[0] for text in fallen] == ["mouth hidden"]
    found = json.loads((tmp_path / "audit.json").read_text())
    assert found["fallen"] == fallen
    assert found["slices"]["mouth hidden"]["happy_sad_accuracy"] == 0.5
    assert found["slices"]["undisturbed"]["happy_sad_accuracy"] == 1.0
    assert found["slices"]["face blanked"]["balanced"] == 0.5
    assert found["on_face"] > 0.95
    assert "- fell: mouth hidden: 50.0 points lost" in (tmp_path / "audit.md").read_text()


def test_a_predictor_of_colours_falls_on_grey_pictures(tmp_path: Path) -> None:
    fallen = audit(PixelPredictor(by_redness), coloured(draw_faces(20)), tmp_path)
    assert [text.partition(":")[0] for text in fallen] == ["grey"]


def test_a_predictor_of_the_surroundings_is_found_out_by_the_blanked_face_and_by_its_attention(tmp_path: Path) -> None:
    fallen = audit(PixelPredictor(corner), marked(draw_faces(20)), tmp_path)
    assert any(text.startswith("face blanked: still 1.000") for text in fallen)
    assert any(text.startswith("attention: only 0.00") for text in fallen)
    assert not any(text.startswith(("mouth hidden", "glasses", "blur")) for text in fallen)


def test_whoever_always_says_happy_reads_no_surroundings_however_many_are_happy(tmp_path: Path) -> None:
    happy, sad = draw_faces(30, ("happy",)), draw_faces(2, ("sad",))
    crops = np.concatenate([happy.crops, sad.crops])
    many = Faces(crops, happy.labels + sad.labels, ("",) * 32, tuple(map(str, range(32))))
    fallen = audit(PixelPredictor(lambda crops: np.ones(len(crops))), many, tmp_path)
    assert [text.partition(":")[0] for text in fallen] == ["attention"]


def test_attention_is_measured_on_sad_faces_as_on_happy_ones_though_they_come_sorted() -> None:
    """Bright above means happy, bright below means sad; each face is bright where its own sign is."""
    crops = np.zeros((200, 128, 128, 3), np.uint8)
    crops[:100, 32:48, 56:72] = 255
    crops[100:, 80:96, 56:72] = 255
    predictor = PixelPredictor(lambda crops: (brightness(crops, 56, 32, 16) - brightness(crops, 56, 80, 16)) / 64)
    heat = attention(predictor, crops, np.repeat([0, 1], 100), most=10)
    assert heat[4:6, 7:9].max() > 0.02
    assert heat[10:12, 7:9].max() == pytest.approx(heat[4:6, 7:9].max(), rel=0.1)
    assert np.abs(heat[:, :5]).max() < 0.001


def test_what_the_audit_has_no_sense_for_is_refused(tmp_path: Path) -> None:
    predictor = PixelPredictor(mouth_corners)
    with pytest.raises(Permanent, match="needs happy faces and sad faces"):
        audit(predictor, draw_faces(2, ("happy",)), tmp_path)
    predictor.subject = "photo"
    with pytest.raises(Permanent, match="only predictors of happy and sad faces"):
        audit(predictor, draw_faces(2), tmp_path)


def test_the_command_fails_on_a_fall_and_says_what_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Drawn faces differ in their mouths alone, so what reads them cannot do without."""
    write_tree(tmp_path / "set", ("happy", "sad"), 24, split="train")
    write_tree(tmp_path / "set", ("happy", "sad"), 4, split="val")
    data, out = str(tmp_path / "p"), tmp_path / "audit"
    assert main(["prepare", "--faces", f"own={tmp_path / 'set'}", "--leaks", "keep", "--out", data]) == 0
    shown = Targets(votes=0, smoothing=0, repeats={"own": 40})
    config = tiny_config(epochs=2, targets=shown, average=0.0)
    fit(config, load(Path(data)), tmp_path / "run", note=lambda text: None)
    assert main(["audit", "--run", str(tmp_path / "run"), "--data", data, "--out", str(out)]) == 1
    found = json.loads((out / "audit.json").read_text())
    assert any(fall.startswith("mouth hidden") for fall in found["fallen"])
    assert f"- fell: {found['fallen'][0]}" in capsys.readouterr().out
    assert (found["about"]["fold"], found["about"]["faces"]) == ("val", 8)
