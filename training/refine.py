"""Targets that learn from the network itself: labels that most readings of a face contradict weigh less.

After Lu & He 2022 (SELC, arXiv:2205.01156), with readings of the averaged network on undisturbed faces in place of the
training step's own: FER2013's labels are noisy, and what the network says of a face over many epochs is steadier than
one label. Owns when and how readings are taken; knows neither batches nor optimisers.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.calibrate import softmax

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


def refined(targets: NDArray[np.float32], answers: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Return `targets` (float32[N, K]) with `share` of them replaced by `answers`."""
    return np.asarray((1 - share) * targets + share * answers, np.float32)
