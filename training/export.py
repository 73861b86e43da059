"""`export`: from a run to a bundle: int8 LiteRT and float16 Keras weights, calibration, digests, metrics, model card.

Refuses a bundle whose LiteRT network does not agree with the Keras one on golden crops, or whose int8 accuracy is more
than 0.3 points below it. Owns what goes into a bundle; how a bundle is read is `organiser.vision.bundle`'s.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.core.emotion import Emotion
from organiser.errors import Permanent
from organiser.vision.bundle import Calibration, Manifest, Weights, write_manifest
from organiser.vision.bundle import load as load_bundle
from organiser.vision.classifiers.calibrated import calibrate as apply
from training.calibrate import fit_calibration, read_calibration, softmax
from training.card import model_card
from training.config import Config, input_of
from training.data import cut_inputs
from training.fit import run_logits, two_logits
from training.litert import run_litert, to_int8
from training.metrics import summary
from training.prepared import Prepared
from training.readers import config_of, model_of

_LEAST_AGREEMENT: Final = 0.97
_MOST_APART: Final = 0.05
_MOST_LOSS: Final = 0.003
_GOLDEN: Final = 256
_REPRESENTATIVE: Final = 400
_MOST_BYTES: Final = 6_000_000
_MOST_TOGETHER: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Fold:
    """Network inputs uint8[N, h, w, C] and their classes int64[N]."""

    inputs: NDArray[np.uint8]
    classes: NDArray[np.int64]


def fold_of(config: Config, prepared: Prepared, fold: str, source: str = "") -> Fold:
    """Return one fold of a prepared set as network inputs; faces of labels the network does not know are left out."""
    chosen = [
        i
        for i, row in enumerate(prepared.rows)
        if row.fold == fold and row.label in config.labels and source in ("", row.source)
    ]
    classes = np.array([config.labels.index(prepared.rows[i].label) for i in chosen], np.int64)
    return Fold(cut_inputs(prepared.crops[chosen], input_of(config)), classes)


def export(run: Path, prepared: Prepared, folder: Path, *, version: str = "") -> Manifest:
    """Write the bundle of `run` to `folder` and return its manifest.

    The calibration is the one kept with the run, else it is fitted on the "val" fold.

    Raises:
        Permanent: LiteRT and Keras disagree, int8 costs too much accuracy, or a file is too large.
    """
    config = config_of(run)
    config = replace(config, version=version or config.version)
    model = _with_two_outputs(model_of(run))
    validation, held = fold_of(config, prepared, "val"), fold_of(config, prepared, "held")
    if not len(validation.classes):
        raise Permanent("no validation faces to check the bundle on")
    network = to_int8(model, _representative(config, prepared))
    logits = run_logits(model, validation.inputs, config.views)
    small = litert_logits(network, validation.inputs, config.views)
    check_agreement(logits, small, validation.classes)
    calibration = read_calibration(run) or fit_calibration(small, validation.classes)
    files = {"model.tflite": network, "keras.npz": keras_file(model)}
    check_sizes({name: len(data) for name, data in files.items()})
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    metrics = {"validation": _measured(calibration, small, validation, config)}
    if len(held.classes):
        metrics["held_out"] = _measured(calibration, litert_logits(network, held.inputs, config.views), held, config)
    metrics["int8"] = {
        "keras_accuracy": _accuracy(logits, validation.classes),
        "litert_accuracy": _accuracy(small, validation.classes),
        "same_answer": float((logits.argmax(axis=1) == small.argmax(axis=1)).mean()),
    }
    manifest = _manifest(config, calibration, files, metrics, json.loads((run / "run.json").read_text()))
    write_manifest(folder, manifest)
    (folder / "README.md").write_text(model_card(manifest))
    load_bundle(folder)
    return manifest


def check_sizes(sizes: Mapping[str, int]) -> None:
    """Raise Permanent when a weights file of so many bytes, or all together, are too large to ship."""
    for name, size in (*sizes.items(), ("a bundle", sum(sizes.values()))):
        allowed = _MOST_BYTES if name in sizes else _MOST_TOGETHER
        if size > allowed:
            raise Permanent(f"{name} would have {size:,} bytes, {allowed:,} allowed")


def check_agreement(logits: NDArray[np.float32], small: NDArray[np.float32], classes: NDArray[np.int64]) -> None:
    """Raise Permanent unless LiteRT (`small`) answers as Keras (`logits`) does on golden crops and nearly as well."""
    # Evenly spread: the faces come sorted by class.
    spread = np.linspace(0, len(logits) - 1, min(_GOLDEN, len(logits))).astype(int)
    golden, small_golden = logits[spread], small[spread]
    same = float((golden.argmax(axis=1) == small_golden.argmax(axis=1)).mean())
    apart = float(np.abs(softmax(golden) - softmax(small_golden)).mean())
    if same < _LEAST_AGREEMENT or apart > _MOST_APART:
        raise Permanent(f"LiteRT agrees with Keras on {same:.3f} of golden crops, probabilities {apart:.4f} apart")
    lost = _accuracy(logits, classes) - _accuracy(small, classes)
    if lost >= _MOST_LOSS:
        raise Permanent(f"int8 costs {100 * lost:.2f} points of accuracy, {100 * _MOST_LOSS:.1f} allowed")


def litert_logits(network: bytes, inputs: NDArray[np.uint8], views: int) -> NDArray[np.float32]:
    """Return float32[N, K] logits of the LiteRT file; with two views the mean over each input and its mirror."""
    logits = run_litert(network, inputs)
    if views == 2:
        logits = np.asarray((logits + run_litert(network, np.ascontiguousarray(inputs[:, :, ::-1]))) / 2, np.float32)
    return logits


def keras_file(model: keras.Model) -> bytes:
    """Return architecture (JSON) and weights (float16) as one npz without pickles."""
    arrays = {str(i): np.asarray(w, np.float16) for i, w in enumerate(model.get_weights())}
    arrays["architecture"] = np.frombuffer(model.to_json().encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _with_two_outputs(model: keras.Model) -> keras.Model:
    """Turn a network with one logit (of its second class) into one with a logit per class, as bundles have."""
    if model.output_shape[-1] != 1:
        return model
    both = keras.layers.Dense(2, name="both")
    wide = keras.Model(model.inputs, both(model.outputs[0]))
    both.set_weights([np.array([[0.0, 1.0]], np.float32), np.zeros(2, np.float32)])
    return wide


def _representative(config: Config, prepared: Prepared) -> NDArray[np.uint8]:
    """Return inputs evenly spread over all faces that are not held out."""
    chosen = [i for i, row in enumerate(prepared.rows) if row.fold in ("train", "val")]
    spread = np.linspace(0, len(chosen) - 1, min(_REPRESENTATIVE, len(chosen))).astype(int)
    crops = prepared.crops[[chosen[i] for i in spread]]
    return cut_inputs(crops, input_of(config))


def _accuracy(logits: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    return float((two_logits(logits).argmax(axis=1) == classes).mean())


def _measured(calibration: Calibration, logits: NDArray[np.float32], fold: Fold, config: Config) -> dict[str, Any]:
    figures = summary(apply(logits, calibration), fold.classes, config.labels)
    return {name: _rounded(value) for name, value in figures.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, tuple) else value


def _manifest(
    config: Config, calibration: Calibration, files: dict[str, bytes], metrics: dict[str, Any], run: dict[str, Any]
) -> Manifest:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return Manifest(
        name=config.name,
        version=config.version,
        subject="photo" if config.subject == "photo" else "face",
        labels=tuple(Emotion(label) for label in config.labels),
        input=input_of(config),
        views=2 if config.views == 2 else 1,
        calibration=calibration,
        weights={
            "litert": Weights("model.tflite", digests["model.tflite"], "int8"),
            "keras": Weights("keras.npz", digests["keras.npz"]),
        },
        metrics=metrics,
        provenance={**run, "calibrated_on": "val", "representative": "train and val"},
    )
