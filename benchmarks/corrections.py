"""What corrections teach and what they cost elsewhere: held-out faces that a bundle gets wrong are told to it.

    .venv/bin/python benchmarks/corrections.py --data runs/faces organiser/models/faces7

Fine-tunes and exports once for each line. All figures but "learned" are of the held-out faces that were not told.
"""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organiser.training.data.corrections import read_corrections
from organiser.training.data.faces import Faces, faces_of
from organiser.training.data.prepared import load
from organiser.training.evaluate.metrics import class_f1
from organiser.training.evaluate.predictor import Predictor
from organiser.training.evaluate.predictors import open_predictor
from organiser.training.learn.config import load_config
from organiser.training.learn.finetune import finetune
from organiser.training.ship.export import export
from organiser.vision.align import encode_crop

TOLD = ({"sad": 12}, {"sad": 100}, {"happy": 12}, {"happy": 30, "sad": 30})


def main(bundle: Path, data: Path) -> None:
    faces = faces_of(load(data, folds=("held",), grey=False), "held")
    old, rng = open_predictor(bundle), np.random.default_rng(7)
    classes, before = faces.classes(old.labels), old.predict(faces.crops)
    print("| told | learned | happy F1 | sad F1 | neutral recall | accuracy |\n|---|---|---|---|---|---|")
    for counts in TOLD:
        chosen = {label: _wrong(old, before, classes, label, count, rng) for label, count in counts.items()}
        with tempfile.TemporaryDirectory() as folder:
            after = _taught(bundle, faces, chosen, Path(folder)).predict(faces.crops)
        picked = np.concatenate(list(chosen.values()))
        others = np.ones(len(classes), bool)
        others[picked] = False
        learned = int((after.argmax(axis=1) == classes)[picked].sum())
        pairs = zip(*(_figures(old, answers[others], classes[others]) for answers in (before, after)), strict=True)
        words = ", ".join(f"{count} {label}" for label, count in counts.items())
        print(f"| {words} | {learned} | " + " | ".join(f"{a:.3f} → {b:.3f}" for a, b in pairs) + " |", flush=True)


def _wrong(
    predictor: Predictor,
    answers: NDArray[np.float32],
    classes: NDArray[np.int64],
    label: str,
    count: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Draw `count` faces of `label` that are answered otherwise."""
    missed = (classes == predictor.labels.index(label)) & (answers.argmax(axis=1) != classes)
    return rng.permutation(np.flatnonzero(missed))[:count]


def _taught(bundle: Path, faces: Faces, chosen: Mapping[str, NDArray[np.int64]], folder: Path) -> Predictor:
    for label, picked in chosen.items():
        (folder / "told" / label).mkdir(parents=True)
        for at in picked.tolist():
            (folder / "told" / label / f"{at}.jpg").write_bytes(encode_crop(faces.crops[at]))
    corrections = read_corrections(folder / "told")
    finetune(bundle, corrections, load_config("corrections"), folder / "run", note=_quiet)
    export(folder / "run", corrections, folder / "bundle")
    return open_predictor(folder / "bundle")


def _quiet(text: str) -> None:
    """Progress nobody reads."""


def _figures(predictor: Predictor, answers: NDArray[np.float32], classes: NDArray[np.int64]) -> tuple[float, ...]:
    index = {label: predictor.labels.index(label) for label in ("happy", "sad", "neutral")}
    right = answers.argmax(axis=1) == classes
    recall = float(right[classes == index["neutral"]].mean())
    f1 = [class_f1(answers, classes, index[label]) for label in ("happy", "sad")]
    return (*f1, recall, float(right.mean()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--data", required=True, type=Path)
    options = parser.parse_args()
    main(options.bundle, options.data)
