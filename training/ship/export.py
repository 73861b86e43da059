"""`export`: from a run to a bundle: int8 LiteRT and float16 Keras weights, calibration, digests, metrics, model card.

Refuses a bundle whose LiteRT network does not agree with the Keras file that ships beside it on golden crops, or whose
int8 accuracy is 0.3 points or more below it. Owns what goes into a bundle; how a bundle is read is
`organiser.vision.bundle`'s.
"""

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.core.emotion import Emotion
from organiser.errors import Permanent
from organiser.training.data.prepared import Prepared
from organiser.training.evaluate.calibrate import fit_calibration, read_calibration, softmax
from organiser.training.evaluate.metrics import summary
from organiser.training.evaluate.predictors import config_of, model_of
from organiser.training.learn.augment import augmented
from organiser.training.learn.batches import cut_inputs
from organiser.training.learn.config import Config, input_of
from organiser.training.learn.runs import weights_digest
from organiser.training.networks.features import FILE, body_of, measure, to_bytes
from organiser.training.networks.network import predict_logits, run_logits, two_logits
from organiser.training.reports.model_card import model_card
from organiser.training.ship.backend import load_network
from organiser.training.ship.litert import run_litert, to_int8
from organiser.vision.bundle import Calibration, Manifest, Weights, write_manifest
from organiser.vision.bundle import load as load_bundle
from organiser.vision.classifiers.calibrated import calibrate as apply

_LEAST_AGREEMENT: Final = 0.97
_MOST_APART: Final = 0.05
_TOSS_UP: Final = 0.05
"""Two emotions whose probabilities are nearer than this are not asked which of them wins."""

_MOST_LOSS: Final = 0.003
_GOLDEN: Final = 256
_REPRESENTATIVE: Final = 400
_LEAST_SPREAD: Final = 2
"""Faces of some class without which nothing can be said of how features spread."""

_CHANCE: Final = 3
"""So many answers lost to int8 say nothing, however few the faces."""

_MOST_BYTES: Final = 6_000_000
_MOST_TOGETHER: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Fold:
    """Network inputs uint8[N, h, w, C], their classes int64[N] and duplicate groups int64[N]."""

    inputs: NDArray[np.uint8]
    classes: NDArray[np.int64]
    groups: NDArray[np.int64]


def fold_of(config: Config, prepared: Prepared, fold: str) -> Fold:
    """Return one fold of a prepared set as network inputs; faces of labels the network does not know are left out."""
    chosen = _chosen(config, prepared, (fold,))
    return _with_inputs(config, prepared, chosen, cut_inputs(prepared.crops[chosen], input_of(config)))


def export(
    run: Path, prepared: Prepared, folder: Path, *, version: str = "", audit: Mapping[str, Any] | None = None
) -> Manifest:
    """Write the bundle of `run` to `folder` and return its manifest.

    The calibration is the one kept with the run, else it is fitted on the "val" fold.

    Args:
        prepared: faces to check it on; of a fine-tuned run the corrections will do.
        audit: what `read_audit` gave, for metrics and card.

    Raises:
        Permanent: LiteRT and Keras disagree, int8 costs too much accuracy, a file is too large, or nothing is there to
            check the bundle on.
    """
    config = config_of(run)
    config = replace(config, version=version or config.version)
    prepared.require(config.subject)
    about = _about(run, prepared)
    model = _with_two_outputs(model_of(run))
    validation, held_out = fold_of(config, prepared, "val"), fold_of(config, prepared, "held")
    if not len(validation.classes) and "parent" not in about:
        raise Permanent("no validation faces to check the bundle on", "prepare a set with a split for them")
    shown = _enough(config, prepared, validation, _GOLDEN)
    network = to_int8(model, _representative(config, prepared))
    files = {"model.tflite": network, "keras.npz": keras_file(model)}
    logits = run_logits(_shipped_network(files["keras.npz"]), shown.inputs, config.views)
    small = litert_logits(network, shown.inputs, config.views)
    check_agreement(logits, small, shown.classes)
    calibration = read_calibration(run) or fit_calibration(small, shown.classes)
    files |= _features(run, model, validation, len(config.labels))
    check_sizes({name: len(data) for name, data in files.items()})
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    metrics: dict[str, Any] = {}
    if len(validation.classes):
        # What was shown begins with the validation faces: their answers are there already.
        answers = small[: len(validation.classes)]
        metrics["kept_back" if "parent" in about else "validation"] = _measured(
            calibration, answers, validation, config
        )
    if len(held_out.classes):
        metrics["held_out"] = _measured(
            calibration, litert_logits(network, held_out.inputs, config.views), held_out, config
        )
    metrics["int8"] = {
        "faces": len(shown.classes),
        "keras_accuracy": _accuracy(logits, shown.classes),
        "litert_accuracy": _accuracy(small, shown.classes),
        "same_answer": float((logits.argmax(axis=1) == small.argmax(axis=1)).mean()),
    }
    if audit:
        metrics["audit"] = dict(audit)
    manifest = _manifest(config, calibration, files, metrics, about)
    write_manifest(folder, manifest)
    (folder / "README.md").write_text(model_card(manifest))
    load_bundle(folder)
    return manifest


def read_audit(folder: Path, run: Path) -> dict[str, Any]:
    """Return slices and failures that `audit --run` found, as a bundle's metrics have them.

    Raises:
        Permanent: there is no audit in `folder`, or it is of other weights than the run's.
    """
    path = folder / "audit.json"
    if not path.is_file():
        raise Permanent(f"{folder}: no audit", "make one with: python -m organiser.training audit --run RUN")
    found = json.loads(path.read_text())
    if found.get("about", {}).get("predictor", {}).get("digest") != weights_digest(run):
        raise Permanent(f"{path} is of other weights than those of {run}", "audit the run again: audit --run RUN")
    kept = {name: found[name] for name in ("faces", "slices", "on_face", "fallen")}
    return {name: _rounded(value) for name, value in kept.items()}


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
    golden, small_golden = softmax(logits[spread]), softmax(small[spread])
    # Two emotions all but equal may change places by rounding alone; of a few hard corrections that is often so.
    best = np.sort(golden, axis=1)
    clear = best[:, -1] - best[:, -2] >= _TOSS_UP
    same = float((golden.argmax(axis=1) == small_golden.argmax(axis=1))[clear].mean()) if clear.any() else 1.0
    apart = float(np.abs(golden - small_golden).mean())
    if not (same >= _LEAST_AGREEMENT and apart <= _MOST_APART):  # so put, nan is refused as well
        raise Permanent(f"LiteRT agrees with Keras on {same:.3f} of golden crops, probabilities {apart:.4f} apart")
    lost = _accuracy(logits, classes) - _accuracy(small, classes)
    if lost >= _MOST_LOSS and round(lost * len(classes)) > _CHANCE:
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


def _shipped_network(data: bytes) -> keras.Model:
    """Return the network as the file that ships gives it, float16 and all."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keras.npz"
        path.write_bytes(data)
        return load_network(path)


def _features(run: Path, model: keras.Model, validation: Fold, classes: int) -> dict[str, bytes]:
    """Return the file a later fine-tuning rehearses from: a fine-tuned run's own, else that of the validation faces."""
    if (run / FILE).is_file():
        return {FILE: (run / FILE).read_bytes()}
    body = body_of(model)
    if body is None or np.bincount(validation.classes, minlength=classes).max() < _LEAST_SPREAD:
        return {}
    return {FILE: to_bytes(measure(predict_logits(body, validation.inputs), validation.classes, classes))}


def _representative(config: Config, prepared: Prepared) -> NDArray[np.uint8]:
    """Return inputs whose activations set the ranges: evenly spread over all faces that are not held out."""
    chosen = _chosen(config, prepared, ("train", "val"))
    spread = np.linspace(0, len(chosen) - 1, min(_REPRESENTATIVE, len(chosen))).astype(int)
    chosen = [chosen[i] for i in spread]
    faces = _with_inputs(config, prepared, chosen, cut_inputs(prepared.crops[chosen], input_of(config)))
    return _enough(config, prepared, faces, _REPRESENTATIVE).inputs


def _enough(config: Config, prepared: Prepared, faces: Fold, count: int) -> Fold:
    """Return `faces`, with disturbed variants of all that are not held out when they are fewer than `count`.

    A dozen corrections of one emotion say little of what the network will see; variants of them say more.
    """
    chosen = _chosen(config, prepared, ("train", "val"))
    missing = count - len(faces.classes)
    if missing <= 0 or not chosen:
        return faces
    rng = np.random.default_rng(config.seed)
    picked = np.resize(chosen, missing).tolist()
    others = rng.choice(chosen, missing).tolist()
    crops = prepared.crops
    variants = [
        augmented(crops[i], crops[other], config.window, config.size, config.augment, rng)
        for i, other in zip(picked, others, strict=True)
    ]
    more = _with_inputs(config, prepared, picked, np.stack(variants))
    return Fold(
        np.concatenate([faces.inputs, more.inputs]),
        np.concatenate([faces.classes, more.classes]),
        np.concatenate([faces.groups, more.groups]),
    )


def _chosen(config: Config, prepared: Prepared, folds: Sequence[str]) -> list[int]:
    return [i for i, row in enumerate(prepared.rows) if row.fold in folds and row.label in config.labels]


def _with_inputs(config: Config, prepared: Prepared, chosen: Sequence[int], inputs: NDArray[np.uint8]) -> Fold:
    rows = [prepared.rows[i] for i in chosen]
    classes = np.array([config.labels.index(row.label) for row in rows], np.int64)
    return Fold(inputs, classes, np.array([row.group for row in rows], np.int64))


def _about(run: Path, prepared: Prepared) -> dict[str, Any]:
    """Return what a run says of itself, with the epochs done and, unless it was fine-tuned, the sets it learned from."""
    about: dict[str, Any] = json.loads((run / "run.json").read_text())
    with (run / "history.csv").open(newline="") as file:
        about["epochs_done"] = max((int(row["epoch"]) for row in csv.DictReader(file)), default=0)
    if "parent" not in about:
        about["sources"] = sorted({row.source for row in prepared.rows})
        about["votes"] = any(row.votes for row in prepared.rows)
    return about


def _accuracy(logits: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    return float((two_logits(logits).argmax(axis=1) == classes).mean())


def _measured(calibration: Calibration, logits: NDArray[np.float32], fold: Fold, config: Config) -> dict[str, Any]:
    figures = summary(apply(logits, calibration), fold.classes, config.labels, groups=fold.groups)
    return {name: _rounded(value) for name, value in figures.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, tuple) else value


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
            **({"features": Weights(FILE, digests[FILE])} if FILE in digests else {}),
        },
        metrics=metrics,
        provenance={**run, **_judged_by(run)},
    )


def _judged_by(run: Mapping[str, Any]) -> dict[str, str]:
    if "parent" in run:
        return {"calibrated_on": f"as {run['parent']['model']}", "representative": "corrections and variants of them"}
    return {"calibrated_on": "val", "representative": "train and val"}
