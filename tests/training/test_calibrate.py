"""Calibration makes confidence equal accuracy."""

import numpy as np

from organiser.vision.classifiers.calibrated import calibrate as apply
from training.calibrate import fit_calibration, log_loss, read_calibration, softmax, write_calibration
from training.metrics import ece


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


def test_a_calibration_kept_with_a_run_is_read_back(tmp_path) -> None:
    calibration = fit_calibration(*drawn(3))
    write_calibration(tmp_path, calibration)
    assert read_calibration(tmp_path) == calibration
