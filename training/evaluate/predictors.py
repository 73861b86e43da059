"""What can be evaluated: a run's network, and a bundle through any classifier the organiser would load for it.

Both answer for canonical crops in colour, as the organiser's classifiers do.
"""

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.evaluate.calibrate import read_calibration, softmax
from organiser.training.learn.batches import cut_inputs
from organiser.training.learn.config import Config, input_of
from organiser.training.learn.runs import read_weights, weights_digest
from organiser.training.networks.network import new_model, run_logits, set_weights
from organiser.vision.bundle import load as load_bundle
from organiser.vision.classifiers import Classifier
from organiser.vision.classifiers.calibrated import calibrate as apply
from organiser.vision.classifiers.litert import LiteRTClassifier


class RunPredictor:
    """A trained run, calibrated when a calibration is kept with it; float32 whatever it was trained in."""

    def __init__(self, folder: Path) -> None:
        self._config = config_of(folder)
        self._model = model_of(folder)
        self._calibration = read_calibration(folder)
        self.name = f"{folder.name} (Keras, {'calibrated' if self._calibration else 'uncalibrated'})"
        self.digest = weights_digest(folder)
        self.labels, self.subject = self._config.labels, self._config.subject

    @property
    def size(self) -> int:
        """Bytes of the weights as 32-bit numbers: a run has no file that serves."""
        return 4 * int(self._model.count_params())

    def logits(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, K] logits of crops uint8[N, 128, 128, C]."""
        config = self._config
        return run_logits(self._model, cut_inputs(crops, input_of(config)), config.views)

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, K] probabilities."""
        logits = self.logits(crops)
        return apply(logits, self._calibration) if self._calibration else softmax(logits)


class BundlePredictor:
    """A bundle as the organiser runs it, calibrated by its manifest."""

    def __init__(self, classifier: Classifier, backend: str, size: int) -> None:
        self._classifier, self.size = classifier, size
        self.name = f"{classifier.spec.model} ({backend})"
        self.digest, self.subject = classifier.spec.digest, classifier.spec.subject
        self.labels = tuple(str(label) for label in classifier.spec.labels)

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, K] probabilities of canonical crops, in batches of 32."""
        parts = [self._classifier.predict(crops[at : at + 32]) for at in range(0, len(crops), 32)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.labels)), np.float32)


def config_of(run: Path) -> Config:
    """Return the config a run was trained with, as its folder recorded it."""
    path = run / "run.json"
    if not path.is_file():
        raise Permanent(f"{run}: no run folder", "train with: python -m organiser.training fit")
    return Config.from_dict(json.loads(path.read_text())["config"])


def model_of(run: Path) -> keras.Model:
    """Return a run's network with its averaged weights, in float32."""
    model = new_model(replace(config_of(run), policy="float32"))
    set_weights(model, read_weights(run))
    return model


def open_predictor(bundle: Path, *, keras_backend: bool = False) -> BundlePredictor:
    """Return the predictor of a bundle, on LiteRT with two threads or on Keras."""
    opened = load_bundle(bundle)
    if keras_backend:
        from organiser.training.ship.backend import KerasClassifier

        return BundlePredictor(KerasClassifier(opened), "Keras", opened.weights("keras").stat().st_size)
    return BundlePredictor(LiteRTClassifier(opened, threads=2), "LiteRT", opened.weights("litert").stat().st_size)
