"""Evaluation figures equal scikit-learn's."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import classification_report, confusion_matrix, roc_auc_score

from training.evaluate import by_group, read_groups
from training.metrics import (
    confusion,
    ece,
    interval,
    pair_accuracy,
    pair_auc,
    pair_confidence,
    risk_at,
    risk_coverage,
    scores,
    summary,
)

LABELS = ("happy", "sad", "neutral")


@pytest.fixture
def drawn() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    classes = rng.integers(0, 3, 400)
    logits = rng.normal(0, 1, (400, 3)) + 1.5 * np.eye(3)[classes]
    powers = np.exp(logits)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), classes


def test_confusion_and_report_equal_scikit_learns(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, classes = drawn
    answers = probabilities.argmax(axis=1)
    counts = confusion(answers, classes, 3)
    assert (counts == confusion_matrix(classes, answers)).all()
    theirs = classification_report(classes, answers, target_names=LABELS, output_dict=True)
    for index, label in enumerate(LABELS):
        ours = scores(counts, index)
        assert ours["precision"] == pytest.approx(theirs[label]["precision"])
        assert ours["recall"] == pytest.approx(theirs[label]["recall"])
        assert ours["f1"] == pytest.approx(theirs[label]["f1-score"])
        assert ours["support"] == theirs[label]["support"]


def test_auc_of_happy_against_sad_equals_scikit_learns_with_ties(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, classes = np.round(drawn[0], 1), drawn[1]
    chosen = classes < 2
    odds = np.log(np.maximum(probabilities[chosen, 0], 1e-12)) - np.log(np.maximum(probabilities[chosen, 1], 1e-12))
    assert pair_auc(probabilities, classes, 0, 1) == pytest.approx(roc_auc_score(classes[chosen] == 0, odds))


def test_pair_accuracy_ignores_the_other_emotions() -> None:
    probabilities = np.array([[0.1, 0.05, 0.85], [0.3, 0.4, 0.3], [0.2, 0.1, 0.7]], np.float32)
    assert pair_accuracy(probabilities, np.array([0, 1, 2]), 0, 1) == 1.0


def test_risk_grows_from_the_most_confident_to_all(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    confidence, right = pair_confidence(*drawn, 0, 1)
    coverage, risk = risk_coverage(confidence, right)
    assert coverage[-1] == 1.0
    assert risk[-1] == pytest.approx(1 - right.mean())
    assert risk_at(confidence, right, 0.5) <= risk[-1]


def test_calibration_error_is_zero_when_confidence_is_accuracy() -> None:
    probabilities = np.tile(np.array([[0.75, 0.25]], np.float32), (400, 1))
    classes = np.array([0, 0, 0, 1] * 100)
    assert ece(probabilities, classes) == pytest.approx(0, abs=1e-6)


def test_interval_holds_the_figure_and_repeats_with_its_seed(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, classes = drawn

    def accuracy(p: np.ndarray, c: np.ndarray) -> float:
        return float((p.argmax(axis=1) == c).mean())

    low, high = interval(probabilities, classes, accuracy, 200, 1)
    assert low < accuracy(probabilities, classes) < high
    assert (low, high) == interval(probabilities, classes, accuracy, 200, 1)


def test_summary_has_every_figure_with_its_interval(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    figures = summary(*drawn, LABELS, rounds=20)
    for name in ("happy_sad_accuracy", "happy_sad_auc", "happy_f1", "sad_f1"):
        low, high = figures[f"{name}_95"]
        assert low <= figures[name] <= high


def test_right_answers_are_counted_by_group_and_faces_of_no_group_left_out() -> None:
    right = np.array([True, False, True, True, False])
    found = by_group(["open", "open", "closed", "", "closed"], right, rounds=200)
    assert {name: (group["faces"], group["right"]) for name, group in found.items()} == {
        "open": (2, 0.5),
        "closed": (2, 0.5),
    }
    assert found["open"]["right_95"] == (0.0, 1.0)


def test_groups_are_read_from_the_list_of_smiles() -> None:
    groups = read_groups(Path("training/groups/smiles.csv"))
    assert set(groups.values()) == {"open mouth", "closed mouth"}
    assert all(name.startswith("Training/happy/") for name in groups)
