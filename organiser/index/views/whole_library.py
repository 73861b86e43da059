"""The whole library in numbers, on SQLite: summed up from the counts that are kept of all photos, verdicts and paths.

What is kept of photos and verdicts counts photos that are gone too; those are few and are taken off again (see
`search.file_counts`). Reads only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from organiser.index.db.schema import photos, verdicts
from organiser.index.db.types import unescaped
from organiser.index.search.file_counts import file_counts
from organiser.index.search.tallies import photo_tallies, verdict_tallies

_FOLDERS = text("""
    SELECT top, sum(number) FROM (
        SELECT CASE WHEN instr(shape, '/') > 0 THEN substr(shape, 1, instr(shape, '/') - 1) END AS top, number
        FROM path_tallies
        UNION ALL
        SELECT CASE WHEN instr(relpath, '/') > 0 THEN substr(relpath, 1, instr(relpath, '/') - 1) END, -1
        FROM shared_files later
        WHERE EXISTS (SELECT 1 FROM shared_files first
                      WHERE first.photo_id = later.photo_id AND first.file_id < later.file_id)
    ) GROUP BY top
""")
"""Present files by the first folder below their root, of each photo only the first one."""


def tallies_of_all(tx: Connection) -> Mapping[str, Counter[str | None]]:
    """Count all photos with a present file by emotion, reason, faces, month, camera and folder; None is for unknown."""
    found: dict[str, Counter[str | None]] = {name: Counter() for name in (*_OF_VERDICT, *_OF_PHOTO)}
    number = _add_tally(tx, found, _OF_PHOTO, photo_tallies)
    judged = _add_tally(tx, found, _OF_VERDICT, verdict_tallies)
    for name in _OF_VERDICT:
        found[name][None] += number - judged
    _take_off_gone(tx, found)
    found["folder"] = Counter()
    for folder, count in tx.execute(_FOLDERS):
        found["folder"][None if folder is None else unescaped(folder)] += count
    return {name: +tally for name, tally in found.items()}


_OF_VERDICT = ("emotion", "reason", "faces")
_OF_PHOTO = ("month", "camera")


def _add_tally(tx: Connection, found: Mapping[str, Counter[str | None]], names: Sequence[str], tally: Table) -> int:
    """Add a kept count to those by these columns of it; return the sum of its numbers."""
    columns = [tally.c[name] for name in names]
    every = 0
    for *values, number in tx.execute(select(*columns, func.sum(tally.c.number)).group_by(*columns)):
        _add(found, names, values, number)
        every += number
    return every


def _add(found: Mapping[str, Counter[str | None]], names: Iterable[str], values: Iterable[Any], count: int) -> None:
    for name, value in zip(names, values, strict=True):
        found[name][None if value is None else str(value)] += count


def _take_off_gone(tx: Connection, found: Mapping[str, Counter[str | None]]) -> None:
    """Take off the photos of which no file is there."""
    values = *(verdicts.c[name] for name in _OF_VERDICT), func.substr(photos.c.taken, 1, 7), photos.c.camera
    source = file_counts.outerjoin(photos, photos.c.id == file_counts.c.photo_id)
    source = source.outerjoin(verdicts, verdicts.c.photo_id == file_counts.c.photo_id)
    for row in tx.execute(select(*values).select_from(source).where(file_counts.c.present == 0)):
        _add(found, (*_OF_VERDICT, *_OF_PHOTO), row, -1)
