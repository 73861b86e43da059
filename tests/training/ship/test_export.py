"""From a run to a bundle and on: both backends agree, what is judged is reported, corrections teach."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from organiser.errors import BundleError, Permanent
from organiser.training.__main__ import main
from organiser.training.data.corrections import read_corrections
from organiser.training.evaluate.compare import compare, refuses
from organiser.training.evaluate.evaluate import Faces, evaluate
from organiser.training.evaluate.predictors import RunPredictor, open_predictor
from organiser.training.evaluate.robustness import audit
from organiser.training.learn.fit import fit
from organiser.training.learn.targets import Targets
from organiser.training.reports.model_card import model_card
from organiser.training.ship.backend import KerasClassifier, load_network
from organiser.training.ship.export import check_agreement, check_sizes, export, read_audit
from organiser.vision.align import encode_crop
from organiser.vision.bundle import load as load_bundle
from organiser.vision.classifiers.litert import LiteRTClassifier
from tests.training.drawn import draw_face, draw_prepared, tiny_config


def quiet(text: str) -> None:
    """Progress nobody reads."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "run"
    shown = Targets(votes=0, smoothing=0, repeats={"drawn": 8})
    config = tiny_config(epochs=2, targets=shown, average=0.0)
    fit(config, draw_prepared(("happy", "sad"), 24, val=24), folder, note=quiet)
    return folder


@pytest.fixture(scope="module")
def bundle(run: Path) -> Path:
    export(run, draw_prepared(("happy", "sad"), 24, val=24), run.parent / "bundle")
    return run.parent / "bundle"


@pytest.fixture(scope="module")
def faces() -> Faces:
    labels = ("happy", "sad") * 12
    crops = np.stack([draw_face(label, 1000 + number) for number, label in enumerate(labels)])
    return Faces(crops, labels, ("",) * 24, tuple(map(str, range(24))))


def test_keras_and_litert_agree_on_golden_crops(bundle: Path, faces: Faces) -> None:
    opened = load_bundle(bundle)
    on_keras = KerasClassifier(opened, batch=16).predict(faces.crops)
    on_litert = LiteRTClassifier(opened).predict(faces.crops)
    assert np.abs(on_keras - on_litert).mean() < 0.03
    assert (on_keras.argmax(axis=1) == on_litert.argmax(axis=1)).mean() > 0.9
    assert np.allclose(on_keras.sum(axis=1), 1, atol=1e-5)


def test_the_bundle_says_what_it_is_and_carries_its_card(bundle: Path) -> None:
    manifest = load_bundle(bundle).manifest
    assert manifest.labels == ("happy", "sad")
    assert manifest.metrics["validation"]["faces"] == 48
    assert "Intended use" in (bundle / "README.md").read_text()


def test_export_refuses_a_network_that_disagrees_or_loses_too_much() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (500, 3)).astype(np.float32)
    classes = logits.argmax(axis=1)
    with pytest.raises(Permanent, match="agrees"):
        check_agreement(logits, rng.normal(0, 3, (500, 3)).astype(np.float32), classes)
    slightly = logits.copy()
    slightly[-5:] = -logits[-5:]
    with pytest.raises(Permanent, match="points"):
        check_agreement(logits, slightly, classes)


def test_an_altered_or_foreign_keras_file_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "keras.npz").write_bytes(b"no network")
    with pytest.raises(BundleError):
        load_network(tmp_path / "keras.npz")
    shutil.copytree(bundle, tmp_path / "altered")
    with (tmp_path / "altered" / "keras.npz").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match="altered"):
        load_bundle(tmp_path / "altered")


def test_an_evaluation_writes_figures_and_pictures(bundle: Path, faces: Faces, tmp_path: Path) -> None:
    figures = evaluate(open_predictor(bundle), faces, tmp_path / "report", rounds=20)
    assert json.loads((tmp_path / "report" / "metrics.json").read_text())["faces"] == 24
    assert figures["happy_sad_accuracy"] > 0.9
    for name in ("confusion", "reliability", "risk-coverage", "worst", "grid"):
        assert cv2.imread(str(tmp_path / "report" / f"{name}.png")) is not None
    assert "| happy |" in (tmp_path / "report" / "report.md").read_text()


def test_a_worse_model_is_refused_and_the_same_one_is_not(bundle: Path, faces: Faces, tmp_path: Path) -> None:
    class Guess:
        name, labels, size = "guess", ("sad", "happy"), 0
        subject, digest = "face", ""

        def predict(self, crops: np.ndarray) -> np.ndarray:
            return np.tile(np.array([[0.6, 0.4]], np.float32), (len(crops), 1))

    good = open_predictor(bundle)
    assert refuses(compare(good, Guess(), faces, tmp_path / "worse"))
    assert not refuses(compare(good, good, faces, tmp_path / "same"))
    assert (tmp_path / "worse" / "flips.png").is_file()


def test_a_set_of_one_emotion_is_compared_by_what_can_be_said_of_it(bundle: Path, faces: Faces, tmp_path: Path) -> None:
    happy = [i for i, label in enumerate(faces.labels) if label == "happy"]
    happy_faces = Faces(
        faces.crops[happy], ("happy",) * len(happy), ("",) * len(happy), tuple(faces.names[i] for i in happy)
    )
    good = open_predictor(bundle)
    assert [d.name for d in compare(good, good, happy_faces, tmp_path / "one")] == ["happy_f1", "sad_f1", "accuracy"]
    with pytest.raises(Permanent, match="no faces"):
        compare(good, good, Faces(faces.crops[:0], (), (), ()), tmp_path / "none")


def test_files_too_large_to_ship_are_refused_alone_and_together() -> None:
    check_sizes({"model.tflite": 4_000_000, "keras.npz": 6_000_000})
    with pytest.raises(Permanent, match=r"keras.npz would have 6,000,001 bytes"):
        check_sizes({"model.tflite": 1, "keras.npz": 6_000_001})
    with pytest.raises(Permanent, match="a bundle would have 10,000,001 bytes"):
        check_sizes({"model.tflite": 5_000_000, "keras.npz": 5_000_001})


def test_an_audit_names_the_slices_that_fall(faces: Faces, tmp_path: Path) -> None:
    class Mouths:
        """Right on bright faces, wrong on dark ones."""

        name, labels, size = "mouths", ("happy", "sad"), 0
        subject, digest = "face", ""

        def predict(self, crops: np.ndarray) -> np.ndarray:
            right = np.array([[0.9, 0.1] if label == "happy" else [0.1, 0.9] for label in faces.labels], np.float32)
            if len(crops) != len(right) or crops.mean() < 60:
                return np.tile(np.array([[0.9, 0.1]], np.float32), (len(crops), 1))
            return right

    fallen = audit(Mouths(), faces, tmp_path / "audit")
    assert any(text.startswith("dark") for text in fallen)
    assert not any(text.startswith("mirrored") for text in fallen)
    assert (tmp_path / "audit" / "attention.png").is_file()


def test_corrections_kept_back_judge_the_fine_tuned_model(bundle: Path, tmp_path: Path) -> None:
    for number in range(30):
        for emotion in ("happy", "sad"):
            place = tmp_path / "mine" / emotion
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{number}.jpg").write_bytes(encode_crop(draw_face(emotion, 500 + number)))
    same = ["compare", "--old", str(bundle), "--new", str(bundle), "--out", str(tmp_path / "compare")]
    assert main([*same, "--add", str(tmp_path / "mine")]) == 0
    assert "against" in (tmp_path / "compare" / "compare.md").read_text()
    assert main(same) == 1


def test_a_network_whose_weights_half_precision_cannot_hold_is_refused(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    weights = dict(np.load(run / "weights.npz"))
    last = str(len(weights) - 2)
    np.savez(tmp_path / "run" / "weights.npz", **{**weights, last: weights[last] * 1e6})
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(Permanent, match="agrees"):
        export(tmp_path / "run", draw_prepared(("happy", "sad"), 24, val=24), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_an_audit_of_these_weights_comes_into_metrics_and_card(run: Path, faces: Faces, tmp_path: Path) -> None:
    audit(RunPredictor(run), faces, tmp_path / "audit")
    found = read_audit(tmp_path / "audit", run)
    export(run, draw_prepared(("happy", "sad"), 24, val=24), tmp_path / "bundle", audit=found)
    assert load_bundle(tmp_path / "bundle").manifest.metrics["audit"]["slices"]["dark"]
    assert "| dark |" in (tmp_path / "bundle" / "README.md").read_text()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "weights.npz").write_bytes(b"other weights")
    with pytest.raises(Permanent, match="other weights"):
        read_audit(tmp_path / "audit", tmp_path / "other")


def test_answers_that_are_all_but_a_draw_may_differ_and_clear_ones_may_not() -> None:
    draw = np.tile(np.array([[1.0, 1.01, 0.0]], np.float32), (40, 1))
    rounded = draw[:, [1, 0, 2]]
    check_agreement(draw, rounded, np.full(40, 2))
    clear = draw + np.array([0, 0.4, 0], np.float32)
    with pytest.raises(Permanent, match="agrees"):
        check_agreement(clear, clear[:, [1, 0, 2]], np.full(40, 2))


def test_one_answer_lost_among_few_faces_is_chance() -> None:
    logits = np.eye(3, dtype=np.float32)[np.arange(30) % 3] * 3
    small = logits.copy()
    small[4] = np.roll(logits[4], 1)
    check_agreement(np.tile(logits, (2, 1)), np.concatenate([logits, small]), np.tile(np.arange(30) % 3, 2))


def test_the_card_names_the_sets_it_was_taught_and_no_other(bundle: Path) -> None:
    card = (bundle / "README.md").read_text()
    assert "`drawn`, a set of whoever trained it" in card
    assert "FER2013" not in card
    assert load_bundle(bundle).manifest.provenance["epochs_done"] == 2


def test_the_card_says_when_other_networks_taught(bundle: Path) -> None:
    manifest = load_bundle(bundle).manifest
    config = {**manifest.provenance["config"], "refine": 0.5}
    assert "networks trained before" not in model_card(manifest)
    taught = replace(manifest, provenance={**manifest.provenance, "config": config, "teachers": "4f1b,9a02"})
    assert "50% of every target is what networks trained before" in model_card(taught)


def test_a_folder_without_corrections_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="no corrections"):
        read_corrections(tmp_path)


def test_the_command_line_says_what_is_wrong_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--run", str(tmp_path), "--data", str(tmp_path)]) == 1
    assert "no run folder" in capsys.readouterr().err
    assert main(["evaluate", "--data", str(tmp_path), "--out", str(tmp_path)]) == 1
