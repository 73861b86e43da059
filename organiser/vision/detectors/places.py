"""Which parts of a picture deserve a closer pass: neighbouring places become one when that is less to detect in. Pure."""

from collections.abc import Iterable

Place = tuple[float, float, float, float]
"""Left, top, right and bottom of a rectangle."""


def gather(places: Iterable[Place], overhead: float) -> list[Place]:
    """Return rectangles that cover all of `places`, merging any two whose joint rectangle is no more work than both.

    Args:
        places: rectangles in any unit.
        overhead: what each pass adds to the width and the height of its rectangle, in the same unit.

    >>> gather([(0, 0, 10, 10), (5, 0, 15, 10), (80, 80, 90, 90)], overhead=2)
    [(0, 0, 15, 10), (80, 80, 90, 90)]
    """
    gathered: list[Place] = []
    for place in places:
        merged = place
        while (near := _worth_merging(merged, gathered, overhead)) is not None:
            gathered.remove(near)
            merged = _joint(merged, near)
        gathered.append(merged)
    return gathered


def _worth_merging(place: Place, others: list[Place], overhead: float) -> Place | None:
    for other in others:
        if _work(_joint(place, other), overhead) <= _work(place, overhead) + _work(other, overhead):
            return other
    return None


def _joint(place: Place, other: Place) -> Place:
    return min(place[0], other[0]), min(place[1], other[1]), max(place[2], other[2]), max(place[3], other[3])


def _work(place: Place, overhead: float) -> float:
    return (place[2] - place[0] + overhead) * (place[3] - place[1] + overhead)
