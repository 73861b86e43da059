"""From labels and raters' votes to what the network should answer: one distribution and one weight per face.

The sets' labels and FER+ votes disagree most on sad: most of FER2013's sad faces look neutral to raters. Pulling them
to the votes costs the recall of sad, ignoring the votes teaches noise; `votes` and `neutral_pull` say how much of each.
Pure; knows rows of a prepared set, no pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from organiser.training.data.prepared import Row
from organiser.training.data.sources import VOTES

_MEANING: Final = {
    "neutral": "neutral", "happiness": "happy", "surprise": "surprise", "sadness": "sad", "anger": "angry",
    "disgust": "disgust", "fear": "fear", "contempt": "contempt",
}  # fmt: skip
"""FER+ column → emotion. "unknown" and "NF" mean none."""

_MAJORITY: Final = 5


@dataclass(frozen=True, slots=True)
class Targets:
    """How labels and votes become targets.

    Attributes:
        votes: share of the raters' distribution in the target, the label has the rest; only files with votes.
        neutral_pull: factor on raters' neutral votes for a file labelled otherwise, before they are normalised.
        smoothing: share of a uniform distribution mixed into every target.
        source_weights: weight of a face's loss by "source/label" or "source"; 1 when not named.
        repeats: how often a face is shown per epoch by "source/label", "source" or label; fractions are drawn.
    """

    votes: float = 0.35
    neutral_pull: float = 0.5
    smoothing: float = 0.05
    source_weights: Mapping[str, float] = field(default_factory=dict)
    repeats: Mapping[str, float] = field(default_factory=dict)


def make_targets(
    rows: Sequence[Row], labels: Sequence[str], options: Targets
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return targets float32[N, K] (sum 1), weights float32[N] and repeats float32[N].

    A face whose label the network does not know, or that most of the ten raters called no face or unknown, has
    weight 0 and must be left out. Votes for emotions the network does not know (contempt) are dropped. A face without a
    label ("") has no target, all 0, before a teacher answers for it.
    """
    targets = np.zeros((len(rows), len(labels)), np.float32)
    weights = np.zeros(len(rows), np.float32)
    repeats = np.zeros(len(rows), np.float32)
    index = {label: number for number, label in enumerate(labels)}
    for number, row in enumerate(rows):
        votes = tuple(map(int, row.votes.split()))
        if row.label and (row.label not in index or (votes and max(votes[-2:]) >= _MAJORITY)):
            continue
        if row.label:
            targets[number] = _target(index, row.label, votes, options)
        keys = (f"{row.source}/{row.label}", row.source, row.label)
        weights[number] = _first(options.source_weights, keys)
        repeats[number] = _first(options.repeats, keys)
    return targets, weights, repeats


def _first(table: Mapping[str, float], keys: Sequence[str]) -> float:
    return next((table[key] for key in keys if key in table), 1.0)


def _target(index: Mapping[str, int], label: str, votes: Sequence[int], options: Targets) -> NDArray[np.float32]:
    hard = np.zeros(len(index), np.float32)
    hard[index[label]] = 1
    soft = np.zeros(len(index), np.float32)
    for name, count in zip(VOTES, votes, strict=False):
        emotion = _MEANING.get(name, "")
        if emotion in index:
            pull = options.neutral_pull if emotion == "neutral" and label != "neutral" else 1.0
            soft[index[emotion]] = count * pull
    share = options.votes if soft.sum() > 0 else 0.0
    mixed = (1 - share) * hard + share * soft / max(float(soft.sum()), 1e-6)
    return np.asarray((1 - options.smoothing) * mixed + options.smoothing / len(index), np.float32)
