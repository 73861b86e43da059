"""Evaluation figures equal scikit-learn's."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import classification_report, confusion_matrix, roc_auc_score

from organiser.errors import Permanent
from organiser.training.evaluate.bootstrap import draws
from organiser.training.evaluate.evaluate import by_group, read_groups
from organiser.training.evaluate.metrics import (
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


def test_calibration_error_of_an_example_computed_by_hand() -> None:
    """Bins of a fifteenth: three at 0.6 with one right, two at 0.9 with both right, one at 0.5 that is wrong."""
    sure = np.array([0.6, 0.6, 0.6, 0.9, 0.9, 0.51])
    probabilities = np.stack([sure, 1 - sure], axis=1).astype(np.float32)
    classes = np.array([0, 1, 1, 0, 0, 1])
    by_hand = 3 / 6 * (0.6 - 1 / 3) + 2 / 6 * (1 - 0.9) + 1 / 6 * 0.51
    assert ece(probabilities, classes) == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("bins", [5, 15])
def test_calibration_error_equals_a_second_way_of_computing_it(drawn: tuple[np.ndarray, np.ndarray], bins: int) -> None:
    """The error is the sum over bins of |Σ (confidence − right)| over all faces, by numpy's histogram."""
    probabilities, classes = drawn
    confidence = probabilities.max(axis=1)
    gap = confidence - (probabilities.argmax(axis=1) == classes)
    sums, _ = np.histogram(confidence, bins=bins, range=(0, 1), weights=gap)
    assert ece(probabilities, classes, bins) == pytest.approx(np.abs(sums).sum() / len(classes), abs=1e-6)
    assert ece(probabilities, classes, bins) > 0.01


def test_interval_holds_the_figure_and_repeats_with_its_seed(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, classes = drawn

    def accuracy(p: np.ndarray, c: np.ndarray) -> float:
        return float((p.argmax(axis=1) == c).mean())

    low, high = interval(probabilities, classes, accuracy, 200, 1)
    assert low < accuracy(probabilities, classes) < high
    assert (low, high) == interval(probabilities, classes, accuracy, 200, 1)


def right(hits: np.ndarray, nothing: np.ndarray) -> float:
    return float(hits.mean())


def test_a_sample_has_as_many_groups_as_there_are_and_each_whole() -> None:
    groups = np.array([7, 3, 7, 5, 3, 7, 1])
    seen = set()
    for drawn in draws(groups, 200, 0):
        times = np.bincount(drawn, minlength=len(groups))
        whole = {group: times[groups == group] for group in (1, 3, 5, 7)}
        assert all(len(set(each.tolist())) == 1 for each in whole.values())
        assert sum(each[0] for each in whole.values()) == 4
        seen.add(len(drawn))
    assert len(seen) > 3


def test_where_no_group_repeats_an_interval_is_that_of_the_faces_drawn_one_by_one() -> None:
    hits, nothing = np.random.default_rng(0).random((300, 1)) < 0.8, np.zeros(300, np.int64)
    rng = np.random.default_rng(5)
    plain = [hits[rng.integers(0, 300, 300)].mean() for _ in range(500)]
    expected = pytest.approx(tuple(np.quantile(plain, [0.025, 0.975])))
    assert interval(hits, nothing, right, 500, 5) == expected
    assert interval(hits, nothing, right, 500, 5, np.arange(300) + 40) == expected


def test_copies_make_no_interval_narrower_when_they_are_drawn_with_their_picture() -> None:
    hits = (np.random.default_rng(1).random((250, 1)) < 0.8).astype(np.float32)
    copied, groups = np.repeat(hits, 4, axis=0), np.repeat(np.arange(250), 4)

    def width(of: np.ndarray, groups: np.ndarray | None = None) -> float:
        low, high = interval(of, np.zeros(len(of), np.int64), right, 2000, 0, groups)
        return high - low

    assert width(copied, groups) == pytest.approx(width(hits), rel=0.05)
    assert width(copied) == pytest.approx(width(hits) / 2, rel=0.1)
    assert width(copied, groups) == pytest.approx(2 * 1.96 * hits.std() / np.sqrt(250), rel=0.1)


def test_of_one_emotion_alone_nothing_is_said_of_happy_against_sad(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, classes = drawn
    figures = summary(probabilities[classes != 1], classes[classes != 1], LABELS, rounds=20)
    json.dumps(figures, allow_nan=False)
    assert not {"happy_sad_accuracy", "happy_sad_auc", "wrong_at_90_coverage", "happy_sad_faces"} & set(figures)
    assert figures["happy_f1"] > 0.5


def test_a_rare_pair_gives_figures_without_a_warning() -> None:
    classes = np.array([0, 1] + [2] * 40)
    probabilities = np.full((42, 3), 1 / 3, np.float32)
    json.dumps(summary(probabilities, classes, LABELS, rounds=200), allow_nan=False)


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
    alike = by_group(["open", "open", "closed", "", "closed"], right, 200, np.array([1, 1, 2, 3, 4]))
    assert alike["open"]["right_95"] == (0.5, 0.5)


def test_a_list_of_groups_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"nothing\.csv: No such file"):
        read_groups(tmp_path / "nothing.csv")
    (tmp_path / "other.csv").write_text("face,kind\na,b\n")
    with pytest.raises(Permanent, match="no column 'name'"):
        read_groups(tmp_path / "other.csv")


def test_groups_are_read_from_the_list_of_smiles() -> None:
    groups = read_groups(Path("training/groups/smiles.csv"))
    assert set(groups.values()) == {"open mouth", "closed mouth"}
    assert all(name.startswith("Training/happy/") for name in groups)
