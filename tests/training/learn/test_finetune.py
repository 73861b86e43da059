"""A person's few corrections are learned, whatever emotions they are of, and change little else."""

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
from organiser.training.evaluate.predictors import open_predictor
from organiser.training.learn.augment import Augment
from organiser.training.learn.config import Config
from organiser.training.learn.finetune import finetune
from organiser.training.learn.fit import fit
from organiser.training.learn.targets import Targets
from organiser.training.networks.features import FILE, draw, measure, read, to_bytes
from organiser.training.networks.head import Head, Lesson, least_change, teach
from organiser.training.ship.export import export
from organiser.vision.align import encode_crop
from organiser.vision.bundle import Calibration
from organiser.vision.bundle import load as load_bundle
from tests.training.drawn import draw_face, draw_prepared, tiny_config

EMOTIONS = ("happy", "sad", "neutral")


def quiet(text: str) -> None:
    """Progress nobody reads."""


def regimen(**changes: object) -> Config:
    """Return how long and with which disturbances corrections are learned here."""
    values: dict[str, object] = {"epochs": 120, "rate": 0.02, "augment": Augment(unaligned=0.0, cutout=0.0, mask=0.0)}
    return tiny_config(**(values | changes))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    config = tiny_config(
        labels=EMOTIONS, epochs=3, average=0.0, targets=Targets(votes=0, smoothing=0.1, repeats={"drawn": 8}),
        options={"widths": (4, 8, 32), "depths": (1, 1), "dropout": 0.1},
    )  # fmt: skip
    prepared = draw_prepared(EMOTIONS, 24, val=24)
    fit(config, prepared, folder / "run", note=quiet)
    export(folder / "run", prepared, folder / "bundle")
    return folder / "bundle"


def barred(emotion: str, seed: int) -> np.ndarray:
    """Return a drawn face with a dark bar across it: what a person calls differently than the network."""
    crop = draw_face(emotion, seed)
    cv2.rectangle(crop, (24, 62), (104, 74), (10, 10, 10), -1)
    return crop


def write_corrections(folder: Path, lesson: str, count: int, *, shown: str = "happy") -> Path:
    place = folder / lesson
    place.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (place / f"{number}.jpg").write_bytes(encode_crop(barred(shown, 700 + number)))
    return folder


@pytest.fixture(scope="module")
def taught(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with corrections of one emotion only, the run that learned them and its bundle."""
    folder = tmp_path_factory.mktemp("taught")
    corrections = read_corrections(write_corrections(folder / "mine", "sad", 40))
    finetune(bundle, corrections, regimen(), folder / "run", note=quiet)
    export(folder / "run", corrections, folder / "bundle")
    return folder


def test_corrections_of_one_emotion_are_learned_and_other_faces_keep_their_answers(bundle: Path, taught: Path) -> None:
    old, new = open_predictor(bundle), open_predictor(taught / "bundle")
    sad = old.labels.index("sad")
    new_faces = np.stack([barred("happy", 900 + number) for number in range(24)])
    assert (new.predict(new_faces)[:, sad] - old.predict(new_faces)[:, sad]).mean() > 0.1
    others = np.stack([draw_face(emotion, 1200 + n) for n in range(20) for emotion in EMOTIONS])
    before, after = old.predict(others), new.predict(others)
    assert (before.argmax(axis=1) == after.argmax(axis=1)).mean() > 0.93
    assert abs(float((after - before)[:, sad].mean())) < 0.06


def test_only_the_head_changes(bundle: Path, taught: Path) -> None:
    with np.load(bundle / "keras.npz") as old, np.load(taught / "bundle" / "keras.npz") as new:
        weights = [key for key in old.files if key != "architecture"]  # which has numbered names of layers
        changed = [key for key in weights if not np.array_equal(old[key], new[key])]
        last = len(weights) - 1
    assert changed == [str(last - 1), str(last)]
    assert load_bundle(taught / "bundle").manifest.calibration == load_bundle(bundle).manifest.calibration


def test_the_taught_bundle_says_whose_child_it_is_and_can_be_taught_again(bundle: Path, taught: Path) -> None:
    manifest, parent = load_bundle(taught / "bundle").manifest, load_bundle(bundle)
    assert manifest.provenance["parent"] == {"model": "tiny@1", "digest": parent.digest}
    assert manifest.provenance["corrections"] == {"sad/train": 36, "sad/val": 4}
    assert manifest.metrics["kept_back"]["faces"] == 4
    assert manifest.weights["features"] == parent.manifest.weights["features"]
    card = (taught / "bundle" / "README.md").read_text()
    assert "36 corrections of one person (sad 36)" in card
    assert "FER2013" not in card
    json.loads((taught / "bundle" / "manifest.json").read_text(), parse_constant=pytest.fail)


def test_the_same_corrections_give_the_same_head(bundle: Path, taught: Path, tmp_path: Path) -> None:
    finetune(bundle, read_corrections(taught / "mine"), regimen(), tmp_path / "again", note=quiet)
    with np.load(taught / "run" / "weights.npz") as first, np.load(tmp_path / "again" / "weights.npz") as other:
        assert all(np.array_equal(first[key], other[key]) for key in first.files)
    with pytest.raises(Permanent, match="another config"):
        finetune(bundle, read_corrections(taught / "mine"), regimen(seed=2), tmp_path / "again", note=quiet)


def test_a_dozen_of_one_emotion_become_a_bundle_by_the_commands(bundle: Path, tmp_path: Path) -> None:
    mine = str(write_corrections(tmp_path / "mine", "sad", 12))
    run, out = str(tmp_path / "run"), str(tmp_path / "out")
    assert main(["fit", "--config", "corrections", "--from-bundle", str(bundle), "--add", mine, "--out", run]) == 0
    assert main(["export", "--run", run, "--add", mine, "--out", out]) == 0
    compared = ["compare", "--old", str(bundle), "--new", out, "--add", mine, "--out", str(tmp_path / "compared")]
    assert main(compared) == 0
    assert load_bundle(tmp_path / "out").manifest.version.startswith("1+")
    assert (tmp_path / "run" / "history.csv").read_text().startswith("epoch,loss,learned,kept")


def test_too_few_corrections_are_refused_before_anything_is_trained(bundle: Path, tmp_path: Path) -> None:
    few = write_corrections(tmp_path / "few", "sad", 9)
    for number in range(5):
        place = tmp_path / "few" / "fear"
        place.mkdir(exist_ok=True)
        (place / f"{number}.jpg").write_bytes(encode_crop(barred("happy", 800 + number)))
    with pytest.raises(Permanent, match=r"9 corrections .* at least 10"):
        finetune(bundle, read_corrections(few), regimen(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_bundle_that_remembers_no_spread_is_refused_with_a_hint(bundle: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(bundle, old)
    entry = json.loads((old / "manifest.json").read_text())
    del entry["weights"]["features"]
    (old / "manifest.json").write_text(json.dumps(entry))
    assert open_predictor(old).labels == EMOTIONS
    with pytest.raises(Permanent, match=f"no {FILE}") as refused:
        finetune(old, read_corrections(write_corrections(tmp_path / "mine", "sad", 12)), regimen(), tmp_path / "run")
    assert "newer bundle" in refused.value.hint


def test_an_altered_spread_makes_the_bundle_unreadable(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "altered")
    with (tmp_path / "altered" / FILE).open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match="altered"):
        load_bundle(tmp_path / "altered")
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(BundleError):
        read(tmp_path / FILE)


def test_a_colour_bundle_is_taught_in_colour(tmp_path: Path) -> None:
    grey = draw_prepared(("happy", "sad"), 8, val=8)
    colour = replace(grey, crops=np.repeat(grey.crops, 3, axis=3), wholes=np.repeat(grey.wholes, 3, axis=3))
    fit(tiny_config(channels=3, epochs=1, average=0.0), colour, tmp_path / "run", note=quiet)
    export(tmp_path / "run", colour, tmp_path / "bundle")
    mine = write_corrections(tmp_path / "mine", "sad", 12)
    with pytest.raises(Permanent, match="channels"):
        finetune(tmp_path / "bundle", read_corrections(mine), regimen(), tmp_path / "grey")
    learn = ["fit", "--config", "corrections", "--from-bundle", str(tmp_path / "bundle"), "--add", str(mine)]
    assert main([*learn, "--out", str(tmp_path / "taught")]) == 0


def test_a_tenth_of_each_emotion_is_kept_back_and_the_same_file_stays_together(tmp_path: Path) -> None:
    for emotion, count in (("sad", 24), ("happy", 5), ("neutral", 4)):
        write_corrections(tmp_path, emotion, count, shown=emotion)
    shutil.copyfile(tmp_path / "happy" / "0.jpg", tmp_path / "happy" / "copy.jpg")
    rows = read_corrections(tmp_path).rows
    kept = [row.label for row in rows if row.fold == "val"]
    assert kept.count("sad") == 2
    assert kept.count("neutral") == 0
    assert len({row.digest for row in rows if row.fold == "val" and row.label == "happy"}) == 1
    copies = [row for row in rows if row.name in ("happy/0.jpg", "happy/copy.jpg")]
    assert len({(row.group, row.fold) for row in copies}) == 1


def test_drawn_features_spread_as_the_measured_ones(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(8, 8)) / 8
    classes = np.repeat([0, 1], [300, 100])
    roots = 1 + classes[:, None] + rng.normal(size=(400, 8)) @ mixing
    features = (np.maximum(roots, 0) ** 2).astype(np.float32)
    (tmp_path / FILE).write_bytes(to_bytes(measure(features, classes, 3)))
    drawn = draw(read(tmp_path / FILE), 20000, rng)
    assert len(drawn) == 20000
    assert drawn.min() >= 0
    assert np.allclose(drawn.mean(axis=0), features.mean(axis=0), rtol=0.05)
    assert np.allclose(np.cov(drawn.T), np.cov(features.T), atol=0.1 * np.cov(features.T).max())


def test_a_target_goes_no_further_than_the_told_emotion_needs() -> None:
    answers = np.array([[0.7, 0.2, 0.1], [0.05, 0.9, 0.05]], np.float32)
    aims = least_change(answers, np.array([1, 1]), 0.4)
    assert np.allclose(aims.sum(axis=1), 1)
    assert np.isclose(aims[0, 1] - aims[0, 0], 0.4)
    assert np.array_equal(aims[1], answers[1])


def test_the_balance_of_the_other_answers_does_not_depend_on_how_many_are_told() -> None:
    rng = np.random.default_rng(1)
    rehearsal = np.abs(rng.normal(size=(1500, 24))).astype(np.float32)
    head = Head(rng.normal(size=(24, 3)).astype(np.float32), np.zeros(3, np.float32), Calibration(1.5, (0.1, 0, -0.1)))
    before = np.bincount(head.answers(rehearsal).argmax(axis=1), minlength=3) / 1500
    for count in (3, 30):
        features = np.abs(rng.normal(size=(count, 24))).astype(np.float32)
        lesson = Lesson(features, head.answers(features).argmin(axis=1), np.full(count, 1 / count, np.float32))
        *_, (after, _) = teach(head, rehearsal, lesson, 0.1, steps=100, rate=0.02)
        asked = np.arange(count), lesson.classes
        assert after.answers(features)[asked].mean() > 2 * head.answers(features)[asked].mean()
        now = np.bincount(after.answers(rehearsal).argmax(axis=1), minlength=3) / 1500
        assert np.abs(now - before).max() < 0.03
