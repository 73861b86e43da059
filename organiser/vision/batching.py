"""How many crops go through a network at once. Pure."""

from collections.abc import Sequence


def runs(total: int, sizes: Sequence[int]) -> list[int]:
    """Split `total` crops into batches of the given sizes, the fewest that hold exactly `total`, largest first.

    Networks are prepared for a few fixed batch sizes; a batch of another size would have them prepared anew.

    Args:
        total: how many crops, 0 or more.
        sizes: the sizes a network is prepared for, in descending order and ending with 1.

    >>> runs(75, (32, 8, 1))
    [32, 32, 8, 1, 1, 1]
    """
    if not sizes or sizes[-1] != 1 or list(sizes) != sorted(sizes, reverse=True):
        raise ValueError(f"batch sizes must descend to 1: {sizes}")
    out: list[int] = []
    for size in sizes:
        out += [size] * (total // size)
        total %= size
    return out
