"""The handcrafted rival of system 3: histograms of oriented gradients and a linear support vector machine."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.vision.bundle import Input
from organiser.vision.template import INNER_WINDOW
from training.data import cut_inputs
from training.metrics import interval
from training.prepared import Prepared

_SIDE = 48


def hog_svm(prepared: Prepared, fold: str = "val") -> dict[str, Any]:
    """Train on the "train" fold's happy and sad faces; return accuracy on `fold` with its 95 % interval."""
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    inputs, classes = _features(prepared, "train")
    scaler = StandardScaler().fit(inputs)
    machine = LinearSVC(C=0.001, dual=False).fit(scaler.transform(inputs), classes)
    tested, true = _features(prepared, fold)
    right = (machine.predict(scaler.transform(tested)) == true).astype(np.float32)[:, None]
    low, high = interval(right, true, lambda r, _: float(r.mean()), 1000, 0)
    return {"faces": len(true), "happy_sad_accuracy": float(right.mean()), "happy_sad_accuracy_95": (low, high)}


def _features(prepared: Prepared, fold: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    chosen = [i for i, row in enumerate(prepared.rows) if row.fold == fold and row.label in ("happy", "sad")]
    cuts = cut_inputs(prepared.crops[chosen], Input(_SIDE, _SIDE, 1, INNER_WINDOW))
    describe = cv2.HOGDescriptor((_SIDE, _SIDE), (16, 16), (8, 8), (8, 8), 9)
    features = np.stack([np.asarray(describe.compute(image[:, :, 0]), np.float32).ravel() for image in cuts])
    return features, np.array([int(prepared.rows[i].label == "sad") for i in chosen], np.int64)
