from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from organiser.core.emotion import Emotion
from organiser.errors import BundleError
from organiser.vision.bundle import Calibration, Input, Manifest, Weights
from organiser.vision.classifiers import calibrated, decode_kept

LABELS = (Emotion.HAPPY, Emotion.SAD, Emotion.NEUTRAL)


def manifest(views=1, **calibration) -> Manifest:
    shape = Input(8, 8, 1, (16, 16, 96, 96))
    weights = {"none": Weights("none", "00")}
    return Manifest("m", "1", "face", LABELS, shape, views, Calibration(**calibration), weights)


def columns(inputs):
    """A network that is not blind to left and right: the brightness of three columns."""
    return inputs[:, :, (0, 3, 6), 0].mean(axis=1).astype(np.float32) / 64


def crops(count):
    return np.random.default_rng(count).integers(0, 256, (count, 128, 128, 3), np.uint8)


@pytest.mark.parametrize(
    ("takes", "gives", "cause"),
    [
        ((8, 9, 1), 3, "takes inputs of 8×9×1, the manifest says 8×8×1"),
        ((8, 8, 3), 3, "8×8×3"),
        ((8, 8), 3, "takes inputs of 8×8,"),
        ((-1, 9, None), 3, "any×9×any"),
        ((8, 8, 1), 2, "gives 2 logits"),
    ],
)
def test_a_network_that_does_not_fit_its_manifest_is_refused(takes, gives, cause):
    with pytest.raises(BundleError, match=cause):
        calibrated.check_network(manifest(), takes, gives, Path("weights"))


@pytest.mark.parametrize("takes", [(8, 8, 1), (-1, -1, 1), (None, None, None)])
def test_a_network_that_takes_any_size_fits(takes):
    calibrated.check_network(manifest(), takes, 3, Path("weights"))


def test_no_crops_give_no_rows():
    assert calibrated.predict(manifest(), [], columns).shape == (0, 3)


@pytest.mark.parametrize("views", [1, 2])
def test_rows_are_probabilities_in_the_crops_order(views):
    many = crops(5)
    rows = calibrated.predict(manifest(views), many, columns)
    assert rows.dtype == np.float32
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-6)
    assert np.allclose(rows, np.concatenate([calibrated.predict(manifest(views), [crop], columns) for crop in many]))


def test_with_two_views_a_mirrored_crop_gets_the_same_answer():
    many = crops(3)
    mirrored = np.ascontiguousarray(many[:, :, ::-1])
    one_view, two_views = manifest(1), manifest(2)
    assert not np.allclose(calibrated.predict(one_view, many, columns), calibrated.predict(one_view, mirrored, columns))
    assert np.allclose(
        calibrated.predict(two_views, many, columns), calibrated.predict(two_views, mirrored, columns), atol=1e-3
    )


@given(st.lists(st.floats(-50, 50), min_size=3, max_size=3), st.floats(0.1, 10))
def test_a_temperature_never_changes_the_answer_only_how_sure_it_is(logits, temperature):
    row = np.array([logits], np.float32)
    plain, tempered = (calibrated.calibrate(row, Calibration(t)) for t in (1.0, temperature))
    assert tempered.sum() == pytest.approx(1, abs=1e-5)
    assert tempered[0, plain.argmax()] == pytest.approx(tempered.max(), abs=1e-6)


def test_calibration_is_softmax_of_shifted_logits_over_temperature():
    row = np.array([[1.0, 2.0, 3.0]], np.float32)
    powers = np.exp((row[0] + (0.5, 0, -0.5)) / 2)
    expected = powers / powers.sum()
    assert np.allclose(calibrated.calibrate(row, Calibration(2.0, (0.5, 0.0, -0.5))), expected)


@pytest.mark.parametrize("data", [b"", b"no picture"])
def test_a_kept_picture_that_is_none_is_refused(data):
    with pytest.raises(ValueError, match="kept picture"):
        decode_kept(data)
