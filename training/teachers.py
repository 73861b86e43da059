"""Targets from networks trained before (Hinton et al. 2015, arXiv:1503.02531): their mean answer to every training face.

What several networks say of a face, and of its mirror image, is steadier than one network and one noisy label. Owns how
teachers are asked; knows neither batches nor how they were trained.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent


class Teacher(Protocol):
    """Whoever reads emotions from canonical crops; the readers of `training.readers` do."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 (hex) that names its very weights."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `predict` mean."""
        ...

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, K] probabilities of crops uint8[N, 128, 128, C]."""
        ...


def answers_of(teachers: Sequence[Teacher], crops: NDArray[np.uint8], labels: tuple[str, ...]) -> NDArray[np.float32]:
    """Return float32[N, K]: the teachers' mean probabilities of crops and of their mirror images; rows sum to 1.

    Args:
        teachers: one or more.
        crops: uint8[N, 128, 128, C].
        labels: the classes that are asked for, in order.

    Raises:
        Permanent: a teacher knows other classes.
    """
    strange = [teacher.name for teacher in teachers if teacher.labels != labels]
    if strange:
        raise Permanent(f"{strange[0]} teaches other classes", f"these are learned: {', '.join(labels)}")
    mirrored = np.ascontiguousarray(crops[:, :, ::-1])
    total = np.zeros((len(crops), len(labels)), np.float32)
    for teacher in teachers:
        total += teacher.predict(crops) + teacher.predict(mirrored)
    return np.asarray(total / (2 * len(teachers)), np.float32)
