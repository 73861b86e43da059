"""Long sequences a part at a time: as many as one statement, one message or one commit is about."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def chunks(items: Sequence[Item], size: int = 1000) -> Iterator[Sequence[Item]]:
    """Cut a sequence into parts of `size` items, the last one shorter; by default what one statement may ask about.

    >>> list(chunks([1, 2, 3], 2))
    [[1, 2], [3]]
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]
