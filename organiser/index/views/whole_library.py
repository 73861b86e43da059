"""The whole library in numbers, on SQLite: each tally is one walk along an index that holds nothing but it.

What is counted by an index alone counts photos that are gone too; those are few and are taken off again (see
`search.file_counts`). Reads only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, text

from organiser.index.db.schema import photos, verdicts
from organiser.index.db.types import unescaped
from organiser.index.search.file_counts import file_counts

Tallied = Iterable[Any]

_MONTHS = text("""
    WITH RECURSIVE months (month) AS (
        SELECT substr(min(taken), 1, 7) FROM photos
        UNION ALL
        SELECT substr((SELECT min(taken) FROM photos WHERE taken >= month || '.'), 1, 7) FROM months
        WHERE month IS NOT NULL
    )
    SELECT month, (SELECT count(*) FROM photos WHERE taken >= month || '-' AND taken < month || '.') FROM months
    WHERE month IS NOT NULL
    UNION ALL SELECT NULL, count(*) FROM photos WHERE taken IS NULL
""")
"""From each month to the next by one seek; '.' is the character after '-'."""

_FOLDERS = text("""
    WITH RECURSIVE folders (root_id, path, folder) AS (
        SELECT id, (SELECT min(relpath) FROM files WHERE root_id = roots.id), NULL FROM roots
        UNION ALL
        SELECT root_id, CASE WHEN instr(path, '/') > 0
            THEN (SELECT min(relpath) FROM files f WHERE f.root_id = folders.root_id
                  AND relpath >= substr(path, 1, instr(path, '/') - 1) || '0')
            ELSE (SELECT min(relpath) FROM files f WHERE f.root_id = folders.root_id AND relpath > path) END, NULL
        FROM folders WHERE path IS NOT NULL
    ), tops AS (
        SELECT root_id, CASE WHEN instr(path, '/') > 0 THEN substr(path, 1, instr(path, '/') - 1) END AS top
        FROM folders WHERE path IS NOT NULL
    )
    SELECT top, CASE WHEN top IS NULL THEN 1 ELSE
        (SELECT count(*) FROM files f WHERE f.root_id = tops.root_id AND relpath >= top || '/' AND relpath < top || '0')
        END FROM tops
""")
"""All files by the first folder below their root; '0' is the character after '/'."""

_OTHER_FILES = text("""
    SELECT CASE WHEN instr(relpath, '/') > 0 THEN substr(relpath, 1, instr(relpath, '/') - 1) END, count(*)
    FROM (SELECT relpath FROM files WHERE photo_id IS NULL
          UNION ALL SELECT relpath FROM file_counts c CROSS JOIN files f ON f.photo_id = c.photo_id) GROUP BY 1
""")
"""Those among them that are not the one present file of a photo."""

_SHOWN_FILES = text("""
    SELECT CASE WHEN instr(relpath, '/') > 0 THEN substr(relpath, 1, instr(relpath, '/') - 1) END, count(*)
    FROM (SELECT min(id) AS id FROM
            (SELECT f.id, f.photo_id FROM file_counts c CROSS JOIN files f ON f.photo_id = c.photo_id
             WHERE c.present > 0 AND f.missing_since IS NULL) GROUP BY photo_id) shown
    JOIN files USING (id) GROUP BY 1
""")
"""The first present file of each photo that several files show."""


def tallies_of_all(tx: Connection) -> Mapping[str, Counter[str | None]]:
    """Count all photos with a present file by emotion, reason, faces, month, camera and folder; None is for unknown."""
    number = tx.execute(select(func.count()).select_from(photos)).scalar_one()
    found: dict[str, Counter[str | None]] = {}
    for name, column in (("emotion", verdicts.c.emotion), ("reason", verdicts.c.reason), ("faces", verdicts.c.faces)):
        found[name] = _summed(tx.execute(select(column, func.count()).group_by(column)))
        found[name][None] += number - found[name].total()
    found["month"] = _summed(tx.execute(_MONTHS))
    found["camera"] = _summed(tx.execute(select(photos.c.camera, func.count()).group_by(photos.c.camera)))
    for name, tally in found.items():
        tally.subtract(_gone(tx, name))
    folders = _summed(tx.execute(_FOLDERS))
    folders.subtract(_summed(tx.execute(_OTHER_FILES)))
    folders.update(_summed(tx.execute(_SHOWN_FILES)))
    found["folder"] = Counter()
    for folder, count in folders.items():
        found["folder"][None if folder is None else unescaped(folder)] += count
    return {name: +tally for name, tally in found.items()}


_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "emotion": verdicts.c.emotion,
    "reason": verdicts.c.reason,
    "faces": verdicts.c.faces,
    "month": func.substr(photos.c.taken, 1, 7),
    "camera": photos.c.camera,
}


def _gone(tx: Connection, name: str) -> Counter[str | None]:
    """Count the photos of which no file is there."""
    value = _COLUMNS[name]
    source = file_counts.outerjoin(photos, photos.c.id == file_counts.c.photo_id)
    source = source.outerjoin(verdicts, verdicts.c.photo_id == file_counts.c.photo_id)
    query = select(value, func.count()).select_from(source).where(file_counts.c.present == 0).group_by(value)
    return _summed(tx.execute(query))


def _summed(rows: Tallied) -> Counter[str | None]:
    found: Counter[str | None] = Counter()
    for value, count in rows:
        found[None if value is None else str(value)] += count
    return found
