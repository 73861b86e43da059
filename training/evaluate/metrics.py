"""The figures an emotion predictor is judged by, from probabilities and true classes. Pure numpy, checked against sklearn.

Happy against sad: faces whose label is happy or sad, the answer restricted to the two. Open set: how well happy (or
sad) is found among all emotions, which is what a collection needs. Intervals: 95 % by bootstrap
(`organiser.training.evaluate.bootstrap`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organiser.training.evaluate.bootstrap import draws, middle

Probabilities = NDArray[np.float32]
Classes = NDArray[np.int64]
Figure = Callable[[Probabilities, Classes], float]


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram: mean confidence, share of right answers, how many faces."""

    confidence: float
    accuracy: float
    count: int


def summary(
    probabilities: Probabilities,
    classes: Classes,
    labels: Sequence[str],
    *,
    rounds: int = 1000,
    seed: int = 0,
    groups: Classes | None = None,
) -> dict[str, Any]:
    """Return every figure of an evaluation as plain values.

    Figures of happy against sad are left out where faces of either are missing: nothing can be said of them.

    Args:
        probabilities: float32[N, K], rows sum to 1; N at least 1.
        classes: int64[N] indexes into `labels`.
        rounds: bootstrap rounds; 0 leaves the intervals out.
        groups: int64[N], the duplicate group of every face; None when each is its own.
    """
    counts = confusion(probabilities.argmax(axis=1), classes, len(labels))
    result: dict[str, Any] = {
        "faces": len(classes),
        "accuracy": float((probabilities.argmax(axis=1) == classes).mean()),
        "ece": ece(probabilities, classes),
        "report": {label: scores(counts, index) for index, label in enumerate(labels)},
        "confusion": counts.tolist(),
    }
    if {"happy", "sad"} <= set(labels):
        happy, sad = labels.index("happy"), labels.index("sad")
        if has_both(classes, happy, sad):
            pair, right = pair_confidence(probabilities, classes, happy, sad)
            result["happy_sad_faces"] = len(pair)
            result["wrong_at_90_coverage"] = risk_at(pair, right, 0.9)
        measured = _figures(classes, happy, sad)
        found = intervals(probabilities, classes, measured, rounds, seed, groups) if rounds else {}
        for name, figure in measured.items():
            result[name] = figure(probabilities, classes)
            if rounds:
                result[f"{name}_95"] = found[name]
    return result


def has_both(classes: Classes, first: int, other: int) -> bool:
    """Return whether there are faces of both classes, without which neither is told from the other."""
    return bool((classes == first).any() and (classes == other).any())


def _figures(classes: Classes, happy: int, sad: int) -> dict[str, Figure]:
    """Return the figures that can be said of faces of these classes."""
    pair: dict[str, Figure] = {
        "happy_sad_accuracy": lambda p, c: pair_accuracy(p, c, happy, sad),
        "happy_sad_auc": lambda p, c: pair_auc(p, c, happy, sad),
    }
    return (pair if has_both(classes, happy, sad) else {}) | {
        "happy_f1": lambda p, c: class_f1(p, c, happy),
        "sad_f1": lambda p, c: class_f1(p, c, sad),
    }


def confusion(answers: Classes, classes: Classes, count: int) -> NDArray[np.int64]:
    """Return int64[count, count]: rows true classes, columns answers."""
    return np.bincount(classes * count + answers, minlength=count * count).reshape(count, count)


def scores(counts: NDArray[np.int64], index: int) -> dict[str, float]:
    """Return precision, recall, F1 (0 when undefined) and support of one class of a confusion matrix."""
    hit = float(counts[index, index])
    answered, there = float(counts[:, index].sum()), float(counts[index].sum())
    return {
        "precision": hit / answered if answered else 0.0,
        "recall": hit / there if there else 0.0,
        "f1": 2 * hit / (answered + there) if answered + there else 0.0,
        "support": int(there),
    }


def class_f1(probabilities: Probabilities, classes: Classes, index: int) -> float:
    """Return the F1 score of one class among all (open set)."""
    answers = probabilities.argmax(axis=1)
    hit = float(((answers == index) & (classes == index)).sum())
    both = float((answers == index).sum() + (classes == index).sum())
    return 2 * hit / both if both else 0.0


def pair_accuracy(probabilities: Probabilities, classes: Classes, first: int, other: int) -> float:
    """Return the share of right answers among faces of two classes, the answer restricted to the two; NaN of none."""
    right = pair_confidence(probabilities, classes, first, other)[1]
    return float(right.mean()) if len(right) else float("nan")


def pair_auc(probabilities: Probabilities, classes: Classes, first: int, other: int) -> float:
    """Return the area under the ROC curve of the odds of `one` against `other`; ties count half, NaN without both."""
    chosen = (classes == first) | (classes == other)
    logs = np.log(np.maximum(probabilities[chosen], 1e-12))
    odds = logs[:, first] - logs[:, other]
    true = classes[chosen] == first
    _, place, counts = np.unique(odds, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[place]
    positives, negatives = int(true.sum()), int((~true).sum())
    if not positives or not negatives:
        return float("nan")
    return float((ranks[true].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def pair_confidence(
    probabilities: Probabilities, classes: Classes, first: int, other: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the confidence (0.5–1) of the restricted answer for faces of two classes, and whether it is right."""
    chosen = (classes == first) | (classes == other)
    pair = probabilities[chosen][:, [first, other]]
    share = pair / np.maximum(pair.sum(axis=1, keepdims=True), 1e-12)
    right = np.where(classes[chosen] == first, pair[:, 0] > pair[:, 1], pair[:, 1] >= pair[:, 0])
    return share.max(axis=1), right


def risk_coverage(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return coverage (1/N … 1) and the share of wrong answers among that many most confident ones."""
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1)
    return answered / len(order), np.cumsum(~right[order]) / answered


def risk_at(confidence: NDArray[np.float32], right: NDArray[np.bool_], coverage: float) -> float:
    """Return the share of wrong answers when only the most confident `coverage` (0–1) are given."""
    shares, risk = risk_coverage(confidence, right)
    return float(risk[max(round(coverage * len(shares)) - 1, 0)])


def reliability(probabilities: Probabilities, classes: Classes, bins: int = 15) -> list[Bin]:
    """Return the non-empty bins of equal width of the confidence of the top answer."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == classes
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        Bin(float(confidence[place == b].mean()), float(right[place == b].mean()), int((place == b).sum()))
        for b in range(bins)
        if (place == b).any()
    ]


def ece(probabilities: Probabilities, classes: Classes, bins: int = 15) -> float:
    """Return the expected calibration error: mean distance of confidence and accuracy over bins of equal width."""
    found = reliability(probabilities, classes, bins)
    return sum(b.count * abs(b.confidence - b.accuracy) for b in found) / len(classes)


def interval(
    probabilities: Probabilities,
    classes: Classes,
    figure: Figure,
    rounds: int,
    seed: int,
    groups: Classes | None = None,
) -> tuple[float, float]:
    """Return the 2.5 and 97.5 % quantiles of `figure` over bootstrap samples of the faces.

    Args:
        groups: int64[N], the duplicate group of every face, drawn as a whole; None when each is its own.
    """
    return intervals(probabilities, classes, {"": figure}, rounds, seed, groups)[""]


def intervals(
    probabilities: Probabilities,
    classes: Classes,
    figures: Mapping[str, Figure],
    rounds: int,
    seed: int,
    groups: Classes | None = None,
) -> dict[str, tuple[float, float]]:
    """Return the `interval` of every figure by its name, all over the same samples."""
    values: dict[str, list[float]] = {name: [] for name in figures}
    for drawn in draws(np.arange(len(classes)) if groups is None else groups, rounds, seed):
        sample, true = probabilities[drawn], classes[drawn]
        for name, figure in figures.items():
            values[name].append(figure(sample, true))
    return {name: middle(found) for name, found in values.items()}
