"""The handcrafted rival of system 3: histograms of oriented gradients and a linear support vector machine."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.prepared import Prepared, Row
from organiser.training.evaluate.metrics import interval
from organiser.training.learn.batches import cut_inputs
from organiser.vision.bundle import Input
from organiser.vision.template import INNER_WINDOW

_SIDE = 48


def hog_svm(prepared: Prepared, fold: str = "val") -> dict[str, Any]:
    """Train on the "train" fold's happy and sad faces; return accuracy on `fold` with its 95 % interval.

    Raises:
        Permanent: the set shows no faces, or a fold lacks happy or sad ones.
    """
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    prepared.require("face")
    learned, tested = _chosen(prepared, "train"), _chosen(prepared, fold)
    inputs = _features(prepared, learned)
    scaler = StandardScaler().fit(inputs)
    machine = LinearSVC(C=0.001, dual=False).fit(scaler.transform(inputs), _classes(prepared, learned))
    true = _classes(prepared, tested)
    right = (machine.predict(scaler.transform(_features(prepared, tested))) == true).astype(np.float32)[:, None]
    groups = np.array([row.group for row in _rows(prepared, tested)], np.int64)
    found = interval(right, true, lambda r, _: float(r.mean()), 1000, 0, groups)
    return {"faces": len(true), "happy_sad_accuracy": float(right.mean()), "happy_sad_accuracy_95": found}


def _chosen(prepared: Prepared, fold: str) -> list[int]:
    chosen = [i for i, row in enumerate(prepared.rows) if row.fold == fold and row.label in ("happy", "sad")]
    if len({row.label for row in _rows(prepared, chosen)}) < 2:
        raise Permanent(f"fold {fold!r} lacks happy or sad faces", "prepared.json counts what each fold has")
    return chosen


def _rows(prepared: Prepared, chosen: list[int]) -> list[Row]:
    return [prepared.rows[i] for i in chosen]


def _classes(prepared: Prepared, chosen: list[int]) -> NDArray[np.int64]:
    return np.array([int(row.label == "sad") for row in _rows(prepared, chosen)], np.int64)


def _features(prepared: Prepared, chosen: list[int]) -> NDArray[np.float32]:
    cuts = cut_inputs(prepared.crops[chosen], Input(_SIDE, _SIDE, 1, INNER_WINDOW))
    describe = cv2.HOGDescriptor((_SIDE, _SIDE), (16, 16), (8, 8), (8, 8), 9)
    return np.stack([np.asarray(describe.compute(image[:, :, 0]), np.float32).ravel() for image in cuts])
