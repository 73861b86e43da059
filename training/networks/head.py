"""Teaches a head, the last layer, a few faces while it goes on answering all others as it did. Pure numpy.

Two losses are weighed: on the told faces the distance from the *least* change of the old answer that makes the told
emotion win, on rehearsal features the distance from the old answer itself. The descent (Adam on everything at once)
goes along the directions of the rehearsal features, each scaled to unit spread: along directions in which ordinary faces
hardly differ a told face can be learned at little cost to them. Told faces do not pull along the directions the old head
tells emotions apart by, nor at the bias: these hold the balance between emotions, which a few faces know nothing of.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from organiser.vision.bundle import Calibration
from organiser.vision.classifiers.calibrated import calibrate as apply

MARGIN: Final = 0.4
"""How far ahead of the next emotion a told one is to be, in probability."""

_LEAST_SPREAD: Final = 1e-4
"""Directions with less than this share of the widest direction's variance are not followed further: they are noise."""


@dataclass(frozen=True, slots=True)
class Head:
    """Weights float32[F, K] and bias float32[K] of the last layer, and the calibration applied after it."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    calibration: Calibration

    def answers(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities float32[N, K] of features float32[N, F]."""
        return apply(features @ self.weights + self.bias, self.calibration)


@dataclass(frozen=True, slots=True)
class Lesson:
    """Features float32[N, F] of told faces, their classes int64[N], and the share float32[N] of each (sum 1)."""

    features: NDArray[np.float32]
    classes: NDArray[np.int64]
    shares: NDArray[np.float32]


def least_change(answers: NDArray[np.float32], classes: NDArray[np.int64], margin: float) -> NDArray[np.float32]:
    """Return `answers` float32[N, K] moved towards `classes` just so far that these win by `margin`; rows sum to 1."""
    lesson = np.eye(answers.shape[1], dtype=np.float32)[classes]
    behind = (answers - 2 * lesson).max(axis=1) - (answers * lesson).sum(axis=1)
    share = np.clip((behind + margin) / np.maximum(1 + behind, 1e-6), 0, 1)[:, None]
    return np.asarray((1 - share) * answers + share * lesson, np.float32)


def teach(
    head: Head, rehearsal: NDArray[np.float32], lesson: Lesson, weight: float, *, steps: int, rate: float
) -> Iterator[tuple[Head, float]]:
    """Yield the head after every step, `steps` in all, and its loss before that step.

    Args:
        rehearsal: float32[M, F], features whose answers are to stay.
        weight: of the told faces against 1 for the rehearsal.
        rate: of the first step; it falls to 0 along half a cosine.
    """
    middle, scale = _unit_spread(rehearsal)
    features = np.concatenate([rehearsal, lesson.features])
    kept = head.answers(rehearsal)
    aims = np.concatenate([kept, least_change(head.answers(lesson.features), lesson.classes, MARGIN)])
    shares = np.concatenate([np.full(len(kept), 1 / len(kept), np.float32), weight * lesson.shares])[:, None]
    scaled = np.concatenate([(features - middle) @ scale, np.ones((len(features), 1), np.float32)], axis=1)
    pulling = scaled.copy()
    separating = np.asarray(np.linalg.pinv(scale) @ head.weights, np.float32)
    pulling[len(kept) :] = _off_balance(scaled[len(kept) :], separating)
    before = features @ head.weights + head.bias
    place = np.zeros((scaled.shape[1], aims.shape[1]), np.float32)
    first, second = np.zeros_like(place), np.zeros_like(place)
    for step in range(1, steps + 1):
        answers = apply(np.asarray(before + scaled @ place, np.float32), head.calibration)
        loss = float((shares * aims * np.log(np.maximum(aims, 1e-9) / np.maximum(answers, 1e-9))).sum())
        gradient = pulling.T @ (shares * (answers - aims))
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        slower = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        place = place - slower * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
        change = scale @ place[:-1]
        bias = head.bias + place[-1] - middle @ change
        weights = np.asarray(head.weights + change, np.float32)
        yield Head(weights, np.asarray(bias, np.float32), head.calibration), loss


def _unit_spread(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean float32[F] and the matrix float32[F, F] that turns and scales features to unit spread."""
    values, axes = np.linalg.eigh(np.cov(features.T.astype(np.float64)))
    scale = axes / np.sqrt(np.maximum(values, max(values.max() * _LEAST_SPREAD, 1e-12)))
    return features.mean(axis=0), scale.astype(np.float32)


def _off_balance(scaled: NDArray[np.float32], separating: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return told faces float32[N, F + 1] less what lies along the old head's directions, float32[F, K], and the bias."""
    # What all outputs share changes no answer, so that K directions are one fewer.
    apart = separating - separating.mean(axis=1, keepdims=True)
    axes = np.linalg.svd(apart, full_matrices=False)[0][:, : separating.shape[1] - 1]
    rest = scaled[:, :-1] - (scaled[:, :-1] @ axes) @ axes.T
    return np.concatenate([rest, np.zeros((len(rest), 1), np.float32)], axis=1)
