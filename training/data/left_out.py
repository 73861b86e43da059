"""Which pictures a prepared set leaves out and why, told so that none goes missing unseen."""

from collections.abc import Iterator
from typing import Final

_NAMED: Final = 5
"""How many of the pictures left out for one reason are named."""


class LeftOutPictures:
    """Names of the pictures that nothing is kept of, by source and reason."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], list[str]] = {}

    def add(self, source: str, reason: str, name: str) -> None:
        self._names.setdefault((source, reason), []).append(name)

    def as_json(self) -> dict[str, dict[str, dict[str, object]]]:
        """Return source → reason → their count and the first names, for `prepared.json`."""
        left_out: dict[str, dict[str, dict[str, object]]] = {}
        for (source, reason), names in self._names.items():
            left_out.setdefault(source, {})[reason] = {"count": len(names), "first": names[:_NAMED]}
        return left_out

    def lines(self) -> Iterator[str]:
        """Yield a line for each source and reason."""
        for (source, reason), names in self._names.items():
            more = ", …" if len(names) > _NAMED else ""
            yield f"{source}: {len(names)} left out ({reason}): {', '.join(names[:_NAMED])}{more}"
