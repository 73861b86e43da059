"""The bootstrap behind every interval: whole duplicate groups are drawn, not single faces.

Near-duplicates are right or wrong together. Drawn one by one they pass for independent evidence and make an interval too
narrow; drawn as groups (the cluster bootstrap: Field & Welsh 2007, "Bootstrapping clustered data", J. R. Statist. Soc. B
69, 369–390) they count as what they are. Where no group repeats this is the bootstrap over faces. Knows numbers only.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def draws(groups: NDArray[np.int64], rounds: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield `rounds` samples as face numbers: as many groups as there are, with replacement, each with all its faces.

    Args:
        groups: int64[N], N at least 1, the group of every face.
    """
    _, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    by_group = np.argsort(place, kind="stable")
    starts = np.cumsum(sizes) - sizes
    rng = np.random.default_rng(seed)
    for _ in range(rounds):
        drawn = rng.integers(0, len(sizes), len(sizes))
        lengths = sizes[drawn]
        ends = np.cumsum(lengths)
        # Faces of the drawn groups one after the other: each group's start, and 0, 1, … within it.
        within = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
        yield by_group[np.repeat(starts[drawn], lengths) + within]


def middle(values: Sequence[float]) -> tuple[float, float]:
    """Return the 2.5 and 97.5 % quantiles of a figure's bootstrap values, leaving out samples it cannot be said of."""
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)
