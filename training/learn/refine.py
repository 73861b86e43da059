"""Targets that learn from networks' answers: labels that most readings of a face contradict weigh less.

The network's own answers, after Lu & He 2022 (SELC, arXiv:2205.01156), with readings of the averaged network on
undisturbed faces in place of the training step's own: FER2013's labels are noisy, and what the network says of a face over
many epochs is steadier than one label. Or teachers' answers, given once to the undisturbed faces, or to the very pictures
that are shown (Beyer et al. 2022, arXiv:2106.05237): nobody knows those by heart. Owns when and how networks are asked;
knows neither batches nor optimisers.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.evaluate.calibrate import softmax
from organiser.training.evaluate.predictor import Trained

EVERY: Final = 4
"""Epochs between two readings: one costs about a quarter of an epoch."""

_KEPT: Final = 0.5
"""Share of the former readings in the running mean."""


def is_due(epoch: int, refine: float, refine_from: int) -> bool:
    """Say whether faces are read before epoch `epoch` (the first is 0)."""
    return refine > 0 and epoch >= refine_from and (epoch - refine_from) % EVERY == 0


def reading(logits: NDArray[np.float32], former: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Return float32[N, K], the running mean of what the averaged network says of every face; rows sum to 1.

    Args:
        logits: float32[N, K], the new reading.
        former: the running mean so far.
    """
    read = softmax(logits)
    return read if former is None else np.asarray(_KEPT * former + (1 - _KEPT) * read, np.float32)


def refined(
    targets: NDArray[np.float32], answers: NDArray[np.float32], share: float | NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return `targets` (float32[N, K]) with `share` (of all, or float32[N, 1] of each) replaced by `answers`."""
    return np.asarray((1 - share) * targets + share * answers, np.float32)


class Teacher(Trained, Protocol):
    """A network trained before; `organiser.training.learn.distill` makes one of a run or a bundle."""

    @property
    def backbone(self) -> str:
        """SHA-256 (hex) of the weights, trained by others, that it goes back to, or ""."""
        ...

    def answers(self, inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, K] probabilities of inputs uint8[N, h, w, C]."""
        ...


def check_teachers(teachers: Sequence[Trained], labels: tuple[str, ...]) -> None:
    """Refuse teachers that know other classes than `labels`, or the same in another order.

    Raises:
        Permanent: one does.
    """
    for teacher in teachers:
        if teacher.labels != labels:
            raise Permanent(f"{teacher.name} teaches other classes", f"these are learned: {', '.join(labels)}")


def taught(teachers: Sequence[Teacher], inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return float32[N, K], the mean of what the teachers, one or more, answer to inputs uint8[N, h, w, C]."""
    return np.asarray(np.mean([teacher.answers(inputs) for teacher in teachers], axis=0), np.float32)
