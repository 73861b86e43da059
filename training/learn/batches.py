"""Batches: from a prepared set to arrays a network is trained on, the same for the same seed, epoch and batch number.

Every batch has its own random stream, so a run that was killed continues with the batches it would have had. Batches
are made by one thread ahead of the network.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from organiser.training.data.prepared import Prepared
from organiser.training.learn.augment import augmented
from organiser.training.learn.config import Config
from organiser.training.learn.refine import refined
from organiser.training.learn.targets import make_targets
from organiser.vision.bundle import Input, cut

_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs uint8[N, h, w, C], targets float32[N, K] that sum to 1, weights float32[N]."""

    inputs: NDArray[np.uint8]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]


class Batches:
    """The training batches of one config on one prepared set."""

    def __init__(self, prepared: Prepared, config: Config) -> None:
        self._prepared, self._config = prepared, config
        self._targets, self._weights, self._repeats = make_targets(prepared.rows, config.labels, config.targets)
        self._repeats *= self._weights > 0
        self._aims = self._targets
        if config.per_class:
            self._repeats *= _drawn(prepared, config)
        self._unlabelled = np.array([not row.label for row in prepared.rows], bool)
        self._times = self._repeats * ~self._unlabelled

    @property
    def faces(self) -> int:
        """How many faces take part."""
        return int((self._times > 0).sum())

    @property
    def per_epoch(self) -> int:
        """How many batches an epoch has."""
        shown = round(float(self._times.sum()))
        return max((min(shown, self._config.limit) if self._config.limit else shown) // self._config.batch, 1)

    def refine(self, answers: NDArray[np.float32]) -> None:
        """Let `answers`, float32[N, K] for every face of the set, take their share of the targets.

        Faces without a label are shown from now on, with the answer as their target. A row of nan is no answer.
        """
        known = np.asarray(~np.isnan(answers).any(axis=1), np.bool_)
        share = np.where(self._unlabelled, 1.0, self._config.refine).astype(np.float32)[:, None]
        self._aims = np.where(known[:, None], refined(self._targets, answers, share), self._targets)
        self._times = self._repeats * (known | ~self._unlabelled)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of epoch `number` in order."""
        order = self._order(np.random.default_rng([self._config.seed, number]))
        with ThreadPoolExecutor(1) as pool:
            waiting = [pool.submit(self._batch, order, number, at) for at in range(min(_AHEAD, self.per_epoch))]
            for at in range(self.per_epoch):
                batch = waiting.pop(0).result()
                if at + _AHEAD < self.per_epoch:
                    waiting.append(pool.submit(self._batch, order, number, at + _AHEAD))
                yield batch

    def _order(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw which faces an epoch shows: each as often as its repeats say, the fraction by chance."""
        times = np.floor(self._times + rng.random(len(self._times))).astype(np.int64)
        order = np.repeat(np.arange(len(times)), times)
        rng.shuffle(order)
        return np.resize(order, self.per_epoch * self._config.batch)

    def _batch(self, order: NDArray[np.int64], epoch: int, at: int) -> Batch:
        config = self._config
        rng = np.random.default_rng([config.seed, epoch, at])
        chosen = order[at * config.batch : (at + 1) * config.batch]
        others = rng.integers(0, len(self._prepared.rows), len(chosen))
        inputs = np.empty((len(chosen), config.size, config.size, config.channels), np.uint8)
        for place, (index, other) in enumerate(zip(chosen.tolist(), others.tolist(), strict=True)):
            framing = self._prepared.wholes if rng.random() < config.augment.unaligned else self._prepared.crops
            inputs[place] = augmented(
                framing[index], self._prepared.crops[other], config.window, config.size, config.augment, rng
            )
        targets, weights = self._aims[chosen], self._weights[chosen]
        if config.mixup:
            inputs, targets = _mixed(inputs, targets, config.mixup, rng)
        return Batch(inputs, targets, weights)


def _drawn(prepared: Prepared, config: Config) -> NDArray[np.bool_]:
    """Return which faces take part when only so many of each class may."""
    labels = np.array([row.label for row in prepared.rows])
    drawn = np.zeros(len(labels), bool)
    rng = np.random.default_rng(config.seed)
    for label in config.labels:
        drawn[rng.permutation(np.flatnonzero(labels == label))[: config.per_class]] = True
    return drawn


def cut_inputs(crops: NDArray[np.uint8], shape: Input) -> NDArray[np.uint8]:
    """Return inputs uint8[N, height, width, C] of crops uint8[N, 128, 128, 3], cut as the organiser cuts them.

    Crops that are grey already (one channel) are cut the same way, but for the rounding of a grey made earlier.
    """
    if not len(crops) or crops.shape[3] == 3:
        cuts = [cut(crop, shape) for crop in crops]
        return np.stack(cuts) if cuts else np.empty((0, shape.height, shape.width, shape.channels), np.uint8)
    colourless = replace(shape, channels=3)
    return np.stack([cut(np.repeat(crop, 3, axis=2), colourless)[:, :, : shape.channels] for crop in crops])


def _mixed(
    inputs: NDArray[np.uint8], targets: NDArray[np.float32], alpha: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Mix half of a batch with its neighbours (mix-up, arXiv:1710.09412)."""
    half = len(inputs) // 2
    share = rng.beta(alpha, alpha, half).astype(np.float32)
    share = np.maximum(share, 1 - share)
    partner = rng.permutation(len(inputs))[:half]
    wide = share[:, None, None, None]
    mixed = wide * inputs[:half] + (1 - wide) * inputs[partner]
    aims = share[:, None] * targets[:half] + (1 - share[:, None]) * targets[partner]
    return (
        np.concatenate([np.rint(mixed).astype(np.uint8), inputs[half:]]),
        np.concatenate([aims, targets[half:]]).astype(np.float32),
    )
