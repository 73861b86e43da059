import hashlib
from dataclasses import replace

import numpy as np
import pytest

from organiser.core.emotion import Emotion
from organiser.errors import BundleError
from organiser.vision.bundle import Bundle, Calibration, Input, Manifest, Weights, cut, load, write_manifest
from organiser.vision.classifiers.calibrated import calibrate
from organiser.vision.classifiers.litert import LiteRTClassifier

LABELS = (Emotion.HAPPY, Emotion.SAD, Emotion.NEUTRAL)


def crops(count):
    return np.random.default_rng(1).integers(0, 256, (count, 128, 128, 3), np.uint8)


def bundle_of(folder, network: bytes, labels=LABELS, views=1, side=24) -> Bundle:
    folder.mkdir()
    (folder / "model.tflite").write_bytes(network)
    weights = {"litert": Weights("model.tflite", hashlib.sha256(network).hexdigest(), "int8")}
    shape = Input(side, side, 1, (16, 16, 96, 96))
    write_manifest(folder, Manifest("small", "1", "face", labels, shape, views, Calibration(1.5), weights))
    return load(folder)


@pytest.fixture(scope="module")
def keras_model():
    import keras

    keras.utils.set_random_seed(0)
    taken = keras.Input((24, 24, 1))
    flow = keras.layers.Rescaling(1 / 255)(taken)
    flow = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(flow)
    flow = keras.layers.GlobalAveragePooling2D()(flow)
    return keras.Model(taken, keras.layers.Dense(3, kernel_initializer="glorot_normal")(flow))


@pytest.fixture(scope="module")
def network(keras_model) -> bytes:
    from organiser.training.ship.litert import to_int8

    shape = Input(24, 24, 1, (16, 16, 96, 96))
    seen = [cut(crop, shape) for crop in crops(40)]
    return to_int8(keras_model, np.stack([*seen, np.full((24, 24, 1), 255, np.uint8), np.zeros((24, 24, 1), np.uint8)]))


@pytest.mark.parametrize("count", [0, 1, 9, 43])
def test_the_answers_do_not_depend_on_the_batch(tmp_path, network, count):
    classifier = LiteRTClassifier(bundle_of(tmp_path / "b", network))
    many = crops(43)[:count]
    rows = classifier.predict(many)
    assert rows.shape == (count, 3)
    assert rows.dtype == np.float32
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-5)
    for crop, row in zip(many, rows, strict=True):
        assert np.allclose(classifier.predict([crop])[0], row, atol=1e-6)


def test_the_answers_are_kerass(tmp_path, network, keras_model):
    bundle = bundle_of(tmp_path / "b", network)
    inputs = np.stack([cut(crop, bundle.manifest.input) for crop in crops(8)]).astype(np.float32)
    expected = calibrate(np.asarray(keras_model(inputs)), bundle.manifest.calibration)
    assert np.allclose(LiteRTClassifier(bundle).predict(crops(8)), expected, atol=0.02)


def test_the_spec_names_the_model(tmp_path, network):
    bundle = bundle_of(tmp_path / "b", network)
    spec = LiteRTClassifier(bundle).spec
    assert (spec.model, spec.digest, spec.subject, spec.labels) == ("small@1", bundle.digest, "face", LABELS)


def test_nothing_is_said_on_the_terminal(tmp_path, network, capfd):
    LiteRTClassifier(bundle_of(tmp_path / "b", network)).predict(crops(2))
    assert capfd.readouterr() == ("", "")


def test_a_network_of_other_labels_is_refused(tmp_path, network):
    classifier = LiteRTClassifier(bundle_of(tmp_path / "b", network, labels=LABELS[:2]))
    with pytest.raises(BundleError, match=r"model\.tflite: gives 3 logits"):
        classifier.predict(crops(1))


@pytest.mark.parametrize("side", [23, 48])
def test_a_network_of_another_input_is_refused_though_it_could_answer(tmp_path, network, side):
    classifier = LiteRTClassifier(bundle_of(tmp_path / "b", network, side=side))
    with pytest.raises(
        BundleError, match=rf"model\.tflite: takes inputs of 24×24×1, the manifest says {side}×{side}×1"
    ):
        classifier.predict(crops(1))


def test_a_network_that_takes_no_bytes_is_refused(tmp_path, keras_model):
    import tensorflow as tf

    floats = tf.lite.TFLiteConverter.from_keras_model(keras_model).convert()
    with pytest.raises(BundleError, match="takes float32 inputs, not uint8"):
        LiteRTClassifier(bundle_of(tmp_path / "b", floats)).predict(crops(1))


def test_weights_that_are_no_network_are_refused_at_the_first_prediction(tmp_path):
    classifier = LiteRTClassifier(bundle_of(tmp_path / "b", b"these are no weights"))
    with pytest.raises(BundleError, match=r"model\.tflite"):
        classifier.predict(crops(1))


def test_a_bundle_without_litert_weights_is_refused_at_once(tmp_path, network):
    bundle = bundle_of(tmp_path / "b", network)
    other = replace(bundle, manifest=replace(bundle.manifest, weights={"keras": Weights("a", "00")}))
    with pytest.raises(BundleError, match="no weights for litert"):
        LiteRTClassifier(other)
