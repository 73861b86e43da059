"""How a table's cells stand in columns, within the width of a terminal.

Owns widths and folding; refuses to know what the cells say. How wide a text is on a terminal is rich's to say.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len, chop_cells

_GAP = 2
_NARROWEST = 8


class Table:
    """The columns of a table.

    Args:
        sample: rows of cells that the columns are to fit, the head among them.
        right: which columns stand right.
        width: columns of the terminal, which no line exceeds; None where lines may be of any length.
    """

    def __init__(self, sample: Iterable[Sequence[str]], right: Sequence[bool], width: int | None) -> None:
        widths = [max(map(cell_len, column)) for column in zip(*sample, strict=True)]
        self._right = right
        self._folds = width is not None
        self._widths = widths if width is None else fitting(widths, width - _GAP * (len(widths) - 1))

    def line(self, cells: Sequence[str]) -> str:
        """Return a row as a line, or, where a cell is too wide for its column, as several."""
        parts = [self._fold(cell, width) for cell, width in zip(cells, self._widths, strict=True)]
        return "".join(self._joined(line) for line in zip_longest(*parts, fillvalue=""))

    def _fold(self, cell: str, width: int) -> list[str]:
        return chop_cells(cell, width) if self._folds and cell_len(cell) > width else [cell]

    def _joined(self, cells: Sequence[str]) -> str:
        return (" " * _GAP).join(self._padded(cells)).rstrip() + "\n"

    def _padded(self, cells: Sequence[str]) -> Iterator[str]:
        for cell, width, right in zip(cells, self._widths, self._right, strict=True):
            space = " " * (width - cell_len(cell))
            yield space + cell if right else cell + space


def fitting(widths: Sequence[int], room: int) -> list[int]:
    """Return widths that together fit into `room`: the widest give way alike, to no less than can be read.

    >>> fitting([5, 60, 90], 80)
    [5, 37, 37]
    >>> fitting([5, 6], 80)
    [5, 6]
    """
    most = max(widths, default=0)
    while most > _NARROWEST and sum(min(width, most) for width in widths) > room:
        most -= 1
    return [min(width, most) for width in widths]
