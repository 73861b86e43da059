"""Which mixture of emotions the faces have of which only a model's probabilities are known.

Expectation maximisation after Saerens, Latinne and Decaestecker (2002): the mixture under which the rebalanced
probabilities (`organiser.core.judging.mixture`) have just that mixture as their mean. Deterministic.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_OLD_FACES: Final = 50
"""As many faces of the mixture that the model learned are thought to be among the library's, so that no share becomes 0."""

_STEPS: Final = 1000
_SETTLED: Final = 1e-6


def settled(read: NDArray[np.float32], learned: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mixture float64[K], summing to 1, of faces of which `read` (float32[N, K]) was read.

    Args:
        learned: float64[K], the mixture that `read` was calibrated on; no share is 0.
    """
    shares = learned
    for _ in range(_STEPS):
        weighed = read * (shares / learned)
        weighed /= np.maximum(weighed.sum(axis=1, keepdims=True), 1e-12)
        after = (weighed.sum(axis=0) + _OLD_FACES * learned) / (len(read) + _OLD_FACES)
        if np.abs(after - shares).max() < _SETTLED:
            return np.asarray(after)
        shares = after
    return np.asarray(shares)
