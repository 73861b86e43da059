"""`calibrate`: makes probabilities honest. One temperature, and a bias per class where that pays, on validation logits.

probabilities = softmax((logits + bias) / temperature), as the organiser applies it. Fitted on the mean log loss
(Guo et al. 2017, arXiv:1706.04599) by SciPy's L-BFGS. Whether the bias is worth having is decided by two-fold
cross-validation on the validation faces themselves.
"""

import json
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from organiser.errors import Permanent
from organiser.training.learn.runs import weights_digest
from organiser.vision.bundle import Calibration
from organiser.vision.classifiers.calibrated import calibrate as apply

_FILE: Final = "calibration.json"


def fit_calibration(logits: NDArray[np.float32], classes: NDArray[np.int64]) -> Calibration:
    """Return the calibration that fits validation logits float32[N, K] and classes int64[N] best.

    Raises:
        Permanent: there are fewer than two faces.
    """
    if len(classes) < 2:
        raise Permanent(f"{len(classes)} validation faces are too few to calibrate on", "prepare a set with more")
    even = np.arange(len(classes)) % 2 == 0
    loss = {False: 0.0, True: 0.0}
    for with_bias in loss:
        for half in (even, ~even):
            fitted = _fit(logits[half], classes[half], with_bias=with_bias)
            loss[with_bias] += log_loss(apply(logits[~half], fitted), classes[~half])
    return _fit(logits, classes, with_bias=loss[True] < loss[False])


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return uncalibrated probabilities, rows summing to 1."""
    return apply(logits, Calibration())


def log_loss(probabilities: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    """Return the mean negative log probability of the true class."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(classes)), classes], 1e-12)).mean())


def write_calibration(run: Path, calibration: Calibration) -> None:
    """Keep `calibration` beside a run's weights, where `export` finds it; it is of these very weights."""
    entry = {
        "temperature": calibration.temperature,
        "bias": list(calibration.bias),
        "weights": weights_digest(run),
    }
    (run / _FILE).write_text(json.dumps(entry, indent=2) + "\n")


def read_calibration(run: Path) -> Calibration | None:
    """Return the calibration kept with a run, or None when there is none or the run has other weights by now."""
    if not (run / _FILE).is_file():
        return None
    entry = json.loads((run / _FILE).read_text())
    if entry.get("weights") != weights_digest(run):
        return None
    return Calibration(entry["temperature"], tuple(entry["bias"]))


def _fit(logits: NDArray[np.float32], classes: NDArray[np.int64], *, with_bias: bool) -> Calibration:
    """Minimise over log temperature and, if asked for, a bias per class; the loss is smooth in both."""
    true = np.eye(logits.shape[1])[classes]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scale, shifted = np.exp(-parameters[0]), logits + parameters[1:] if with_bias else logits
        probabilities = softmax(np.asarray(shifted * scale, np.float32))
        error = probabilities - true
        slope = -(error * shifted).sum(axis=1).mean() * scale
        return log_loss(probabilities, classes), np.concatenate([[slope], error.mean(axis=0)[:bias_count] * scale])

    bias_count = logits.shape[1] if with_bias else 0
    found = minimize(loss, np.zeros(1 + bias_count), jac=True, method="L-BFGS-B").x
    bias = tuple(round(float(b), 5) for b in found[1:] - found[1:].mean()) if with_bias else ()
    return Calibration(round(float(np.exp(found[0])), 5), bias)
