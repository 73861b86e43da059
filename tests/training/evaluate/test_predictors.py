"""Readers of runs and bundles: calibrated as they should be, and none whose network does not fit its manifest."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from organiser.errors import BundleError
from organiser.training.evaluate.calibrate import softmax, write_calibration
from organiser.training.evaluate.predictors import RunPredictor, open_predictor
from organiser.training.learn.fit import fit
from organiser.vision.bundle import Calibration, load, shipped, write_manifest
from organiser.vision.classifiers.calibrated import calibrate
from tests.training.drawn import draw_prepared, tiny_config
from tests.training.pixels import draw_faces


def quiet(text: str) -> None:
    """Progress nobody reads."""


def changed(folder: Path, **entries: object) -> Path:
    """Return a copy of the shipped bundle whose manifest says something else."""
    shutil.copytree(shipped(), folder)
    write_manifest(folder, replace(load(folder).manifest, **entries))
    return folder


@pytest.mark.parametrize("keras_backend", [False, True])
def test_a_bundle_that_says_another_input_or_fewer_labels_is_refused_by_both_backends(
    keras_backend: bool, tmp_path: Path
) -> None:
    manifest, crops = load(shipped()).manifest, draw_faces(1).crops
    larger = changed(tmp_path / "larger", input=replace(manifest.input, height=64, width=64))
    with pytest.raises(BundleError, match="takes inputs of 48×48×1, the manifest says 64×64×1"):
        open_predictor(larger, keras_backend=keras_backend).predict(crops)
    fewer = changed(tmp_path / "fewer", labels=manifest.labels[:-1], calibration=Calibration())
    with pytest.raises(BundleError, match="gives 7 logits"):
        open_predictor(fewer, keras_backend=keras_backend).predict(crops)


def test_a_bundle_is_named_by_its_manifest_and_a_run_by_its_weights_and_calibrated_by_what_is_kept(
    tmp_path: Path,
) -> None:
    fit(tiny_config(epochs=1), draw_prepared(("happy", "sad"), 4), tmp_path / "run", note=quiet)
    predictor, crops = RunPredictor(tmp_path / "run"), draw_faces(3).crops
    assert predictor.digest == hashlib.sha256((tmp_path / "run" / "weights.npz").read_bytes()).hexdigest()
    assert predictor.subject == "face"
    assert predictor.name == "run (Keras, uncalibrated)"
    assert np.array_equal(predictor.predict(crops), softmax(predictor.logits(crops)))
    assert open_predictor(shipped()).digest == load(shipped()).digest
    calibration = Calibration(3.0, (0.2, -0.2))
    write_calibration(tmp_path / "run", calibration)
    calibrated = RunPredictor(tmp_path / "run")
    assert calibrated.name == "run (Keras, calibrated)"
    assert np.array_equal(calibrated.predict(crops), calibrate(predictor.logits(crops), calibration))
