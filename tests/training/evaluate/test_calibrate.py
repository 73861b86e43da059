"""Calibration makes confidence equal accuracy."""

from pathlib import Path

import numpy as np
import pytest

from organiser.errors import Permanent
from organiser.training.evaluate.calibrate import (
    fit_calibration,
    log_loss,
    read_calibration,
    softmax,
    write_calibration,
)
from organiser.training.evaluate.metrics import ece
from organiser.vision.classifiers.calibrated import calibrate as apply


def drawn(seed: int, bias: tuple[float, ...] = (0, 0, 0)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 1.5, (3000, 3))
    powers = np.exp(honest)
    shares = np.cumsum(powers / powers.sum(axis=1, keepdims=True), axis=1)
    classes = (rng.random((3000, 1)) > shares).sum(axis=1)
    return (3 * honest - np.array(bias)).astype(np.float32), classes


def test_overconfident_logits_get_their_temperature() -> None:
    logits, classes = drawn(1)
    calibration = fit_calibration(logits, classes)
    assert abs(calibration.temperature - 3) < 0.3
    assert ece(apply(logits, calibration), classes) < 0.03 < ece(softmax(logits), classes)


def test_a_skewed_network_gets_a_bias() -> None:
    logits, classes = drawn(2, bias=(2.0, 0, -2.0))
    calibration = fit_calibration(logits, classes)
    assert calibration.bias
    assert log_loss(apply(logits, calibration), classes) < log_loss(softmax(logits), classes)


def test_a_calibration_is_kept_with_the_very_weights_it_is_of(tmp_path: Path) -> None:
    calibration = fit_calibration(*drawn(3))
    (tmp_path / "weights.npz").write_bytes(b"of epoch 3")
    write_calibration(tmp_path, calibration)
    assert read_calibration(tmp_path) == calibration
    (tmp_path / "weights.npz").write_bytes(b"of epoch 4")
    assert read_calibration(tmp_path) is None


def test_nothing_is_calibrated_on_no_faces() -> None:
    with pytest.raises(Permanent, match="too few"):
        fit_calibration(np.empty((0, 3), np.float32), np.empty(0, np.int64))
