"""What a predictor is: anything that gives probabilities for canonical crops.

A bundle on either backend, a run, an external model file. Owns the seam only; `organiser.training.evaluate.predictors` has
those of our own.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Trained(Protocol):
    """Weights that tell emotions apart, whatever they are shown."""

    @property
    def name(self) -> str:
        """What reports and messages call it."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 (hex) that names its very weights."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Emotions in the order of its probabilities."""
        ...


class Predictor(Trained, Protocol):
    """Something that reads emotions from faces; `labels` orders the columns of what `predict` returns."""

    @property
    def subject(self) -> str:
        """What it judges: "face" or "photo"."""
        ...

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        ...

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, K] probabilities of canonical crops, uint8[N, S, S, 3]."""
        ...
