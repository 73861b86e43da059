"""One look at a face against two (the face and its mirror image), of trained runs and of their mean, in one run.

    .venv/bin/python benchmarks/mirrored.py --data runs/faces runs/ship runs/polish runs/taught

Undisturbed PublicTest faces ("val"), float32, each line calibrated on the very faces it is measured on: the lines compare
with one another, and with nothing else.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organiser.training.data.prepared import load
from organiser.training.evaluate.calibrate import fit_calibration, log_loss
from organiser.training.evaluate.metrics import class_f1, pair_accuracy
from organiser.training.evaluate.predictors import config_of, model_of
from organiser.training.learn.batches import cut_inputs
from organiser.training.learn.config import input_of
from organiser.training.networks.network import run_logits
from organiser.vision.classifiers.calibrated import calibrate


def main(runs: Sequence[Path], data: Path) -> None:
    config = config_of(runs[0])
    prepared = load(data, folds=("val",), grey=config.channels == 1)
    chosen = [at for at, row in enumerate(prepared.rows) if row.label in config.labels]
    classes = np.array([config.labels.index(prepared.rows[at].label) for at in chosen], np.int64)
    inputs = cut_inputs(prepared.crops[chosen], input_of(config))
    logits = {(run.name, passes): run_logits(model_of(run), inputs, passes) for run in runs for passes in (1, 2)}
    if len(runs) > 1:
        for passes in (1, 2):
            mean = np.mean([logits[run.name, passes] for run in runs], axis=0)
            logits[f"mean of {len(runs)}", passes] = np.asarray(mean, np.float32)
    print("| network | looks | happy/sad | happy F1 | sad F1 | accuracy | log loss |\n|---|---|---|---|---|---|---|")
    for (name, passes), answers in logits.items():
        print(f"| {name} | {passes} | {_figures(answers, classes, config.labels)} |")


def _figures(logits: NDArray[np.float32], classes: NDArray[np.int64], labels: Sequence[str]) -> str:
    probabilities = calibrate(logits, fit_calibration(logits, classes))
    happy, sad = labels.index("happy"), labels.index("sad")
    figures = (
        pair_accuracy(probabilities, classes, happy, sad),
        class_f1(probabilities, classes, happy),
        class_f1(probabilities, classes, sad),
        float((probabilities.argmax(axis=1) == classes).mean()),
        log_loss(probabilities, classes),
    )
    return " | ".join(f"{figure:.3f}" for figure in figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--data", required=True, type=Path)
    options = parser.parse_args()
    main(options.runs, options.data)
