"""What a run and a bundle read together: whether a teacher knows anything that the model which ships does not.

    .venv/bin/python benchmarks/together.py --data runs/web --source jaffe runs/teacher-all organiser/models/faces7

Faces of the fold "val": happy against sad, F1 of happy and of sad, accuracy and log loss of each (a run uncalibrated, by
both sides of the face; a bundle as the organiser runs it) and of the mean of their probabilities.
"""

import argparse
from pathlib import Path

import numpy as np

from organiser.training.data.faces import faces_of
from organiser.training.data.prepared import load
from organiser.training.evaluate.metrics import class_f1, pair_accuracy
from organiser.training.evaluate.predictors import RunPredictor, open_predictor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--source", default="")
    parser.add_argument("run", type=Path)
    parser.add_argument("bundle", type=Path)
    options = parser.parse_args()
    run, bundle = RunPredictor(options.run), open_predictor(options.bundle)
    faces = faces_of(load(options.data, folds=("val",), grey=False), "val", options.source).labelled(run.labels)
    classes = faces.classes(run.labels)
    happy, sad = run.labels.index("happy"), run.labels.index("sad")
    given = {run.name: run.predict(faces.crops), bundle.name: bundle.predict(faces.crops)}
    given["mean"] = np.mean(list(given.values()), axis=0)
    for name, read in given.items():
        surprise = -np.log(np.maximum(read[np.arange(len(classes)), classes], 1e-9)).mean()
        figures = (
            pair_accuracy(read, classes, happy, sad),
            class_f1(read, classes, happy),
            class_f1(read, classes, sad),
            (read.argmax(axis=1) == classes).mean(),
            surprise,
        )
        print(f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + " |")


if __name__ == "__main__":
    main()
