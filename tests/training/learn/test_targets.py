"""How labels and votes become targets."""

import numpy as np
import pytest

from organiser.training.data.prepared import Row
from organiser.training.data.sources import VOTES
from organiser.training.learn.targets import Targets, make_targets

LABELS = ("happy", "sad", "neutral", "angry", "surprise", "fear", "disgust")


def row(label: str, **votes: int) -> Row:
    text = " ".join(str(votes.get(name, 0)) for name in VOTES) if votes else ""
    return Row("fer2013", f"{label}.jpg", label, "train", 0, 1, text, "")


def test_a_label_without_votes_is_the_target() -> None:
    targets, weights, _ = make_targets([row("disgust")], LABELS, Targets(smoothing=0))
    assert targets[0].tolist() == [0, 0, 0, 0, 0, 0, 1]
    assert weights[0] == 1


def test_votes_have_their_share_and_neutral_votes_pull_less() -> None:
    options = Targets(votes=0.4, neutral_pull=0.5, smoothing=0)
    targets, _, _ = make_targets([row("sad", sadness=4, neutral=4)], LABELS, options)
    assert targets[0, 1] == pytest.approx(0.6 + 0.4 * 4 / 6)
    assert targets[0, 2] == pytest.approx(0.4 * 2 / 6)


def test_votes_for_contempt_are_dropped_from_the_mixture() -> None:
    targets, _, _ = make_targets([row("angry", contempt=9, anger=1)], LABELS, Targets(smoothing=0))
    assert targets[0, 3] == pytest.approx(1)


@pytest.mark.parametrize("votes", [{"NF": 5, "happiness": 5}, {"unknown": 6, "happiness": 4}])
def test_what_most_raters_call_no_face_or_unknown_takes_no_part(votes: dict[str, int]) -> None:
    assert make_targets([row("happy", **votes)], LABELS, Targets())[1].tolist() == [0]


def test_a_label_the_network_does_not_know_takes_no_part() -> None:
    assert make_targets([row("contempt")], LABELS, Targets())[1].tolist() == [0]


def test_targets_sum_to_one_and_the_nearest_key_decides() -> None:
    options = Targets(source_weights={"fer2013/sad": 0.25, "fer2013": 0.5}, repeats={"sad": 3})
    rows = [row("sad", sadness=10), row("happy", happiness=3, surprise=7)]
    targets, weights, repeats = make_targets(rows, LABELS, options)
    assert np.allclose(targets.sum(axis=1), 1)
    assert weights.tolist() == [0.25, 0.5]
    assert repeats.tolist() == [3, 1]
