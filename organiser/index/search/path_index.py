"""The path index of SQLite: a trigram index over the paths of each photo, in the order answers come in.

One entry a photo, holding the relative paths of all its files, present or not, each after a "/". The row id counts down
with the time the photo was taken, so that matches stream out newest first, however many there are, and a period of time
is a range of row ids. Triggers keep it in step with `files` and `photos`; entries hold trigrams, not text, and what they
find is a superset that a search checks against the files. Postgres has none: it would need an extension.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, TableClause, Text, bindparam, column, table
from sqlalchemy.sql.expression import literal_column

from organiser.core.query.terms import Period
from organiser.index.db.types import escaped

MOST_PHOTOS = 1 << 25
"""Photo ids from here on do not fit into the row id."""

_LAST = MOST_PHOTOS - 1
_TOP = (1 << 38) - 1
_SEGMENTS = 8
"""How many pieces of a size the index may lie in: at SQLite's 4, a new photo costs twice as much as at 8."""

_LONGEST_MATCH = 40
"""Trigrams asked for at most; the check against the files does the rest."""

photo_paths: TableClause = table("photo_paths", column("rowid", BigInteger))


def create_path_index(tx: Connection) -> None:
    """Make the path index with its triggers and fill it from the files there are; does nothing on Postgres."""
    if tx.dialect.name != "sqlite":
        return
    options = "tokenize = 'trigram', content = '', columnsize = 0, detail = none"
    tx.exec_driver_sql(f"CREATE VIRTUAL TABLE photo_paths USING fts5(text, {options})")
    tx.exec_driver_sql(f"INSERT INTO photo_paths(photo_paths, rank) VALUES ('automerge', {_SEGMENTS})")
    for name, event, statements in _TRIGGERS:
        tx.exec_driver_sql(f"CREATE TRIGGER photo_paths_{name} {event} BEGIN {'; '.join(statements)}; END")
    tx.exec_driver_sql(f"{_ADD} WHERE {_HAS_FILES} ORDER BY p.taken DESC, p.id DESC")


def drop_path_index(tx: Connection) -> None:
    """Remove the path index and its triggers; does nothing on Postgres."""
    if tx.dialect.name != "sqlite":
        return
    for name, _, _ in _TRIGGERS:
        tx.exec_driver_sql(f"DROP TRIGGER photo_paths_{name}")
    tx.exec_driver_sql("DROP TABLE photo_paths")


def compact_path_index(tx: Connection) -> None:
    """Rewrite the path index as one piece: nothing of deleted paths is left in it. About 2 s per million photos."""
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("INSERT INTO photo_paths(photo_paths) VALUES ('optimize')")


def photo_id_of_entry() -> ColumnElement[int]:
    """The photo id of an entry."""
    return literal_column(f"({_LAST} - (photo_paths.rowid & {_LAST}))", BigInteger)


def matching(expression: str) -> ColumnElement[bool]:
    """The condition that an entry matches a full-text expression."""
    return literal_column("photo_paths").op("MATCH")(bindparam(None, expression, Text, unique=True))


def oldest_first() -> list[ColumnElement[int]]:
    """The order of entries from the oldest photo on, those without a time last."""
    return [undated(), photo_paths.c.rowid.desc()]


def undated() -> ColumnElement[bool]:
    """The condition that it is not known when an entry's photo was taken."""
    return photo_paths.c.rowid >= _TOP << 25


def taken_within(period: Period) -> list[ColumnElement[bool]]:
    """The condition that an entry's photo was taken in a period, as a range of row ids."""
    newest = [] if period.until is None else [photo_paths.c.rowid >= (_TOP - _seconds(period.until) + 1) << 25]
    oldest = 1 if period.since is None else _seconds(period.since)
    return [*newest, photo_paths.c.rowid < (_TOP - oldest + 1) << 25]


def expression_for(wanted: Sequence[Iterable[str]]) -> str | None:
    """Return the full-text expression for paths that hold at least one of the folded texts of each group.

    None when a text is too short to have a trigram.

    >>> expression_for([["ab/c"], ["xyz", "uvw"]])
    '("ab/" AND "b/c") AND (("xyz") OR ("uvw"))'
    """
    groups = [[_all_trigrams(text) for text in group] for group in wanted]
    if any(not each for group in groups for each in group):
        return None
    return " AND ".join(f"({' OR '.join(group)})" if len(group) > 1 else group[0] for group in groups)


def _all_trigrams(text: str) -> str:
    text = escaped(text)
    trigrams = dict.fromkeys(text[at : at + 3] for at in range(len(text) - 2))
    quoted = ['"' + trigram.replace('"', '""') + '"' for trigram in trigrams]
    return f"({' AND '.join(quoted[:_LONGEST_MATCH])})" if quoted else ""


def _seconds(moment: datetime) -> int:
    """Seconds since the year 1 began, plus one: nought is for photos whose time is not known."""
    return int((moment - datetime.min).total_seconds()) + 1  # noqa: DTZ901


def _key(taken: str, photo_id: str) -> str:
    """SQL for the row id of a photo's entry; 62135596801 is the year 1970 in the count of `_seconds`."""
    return f"({_TOP} - coalesce(strftime('%s', {taken}) + 62135596801, 0)) * {MOST_PHOTOS} + ({_LAST} - {photo_id})"


def _text(files: str) -> str:
    """SQL for the text of an entry, from rows of (id, relpath)."""
    return f"(SELECT group_concat('/' || relpath, char(10)) FROM (SELECT relpath FROM ({files}) ORDER BY id))"


def _remove(photo_id: str, files: str, *, taken: str = "p.taken") -> str:
    """SQL that takes out a photo's entry, which was made from those rows of files; none, no entry."""
    text = _text(files)
    return (
        f"INSERT INTO photo_paths(photo_paths, rowid, text) SELECT 'delete', {_key(taken, 'p.id')}, {text} "
        f"FROM photos p WHERE p.id = {photo_id} AND {text} IS NOT NULL"
    )


_FILES = "SELECT id, relpath FROM files WHERE photo_id = {}"
_HAS_FILES = "EXISTS (SELECT 1 FROM files WHERE photo_id = p.id)"
_ADD = f"INSERT INTO photo_paths(rowid, text) SELECT {_key('p.taken', 'p.id')}, {_text(_FILES.format('p.id'))} FROM photos p"

_OTHERS_OF_NEW = _FILES.format("new.photo_id") + " AND id <> new.id"
_ALL_OF_OLD = _FILES.format("old.photo_id") + " AND id <> old.id UNION ALL SELECT old.id, old.relpath"
_MOVED_IN = "new.photo_id IS NOT old.photo_id"
_ADD_NEW = f"{_ADD} WHERE p.id = new.photo_id AND {_HAS_FILES}"
_ADD_OLD = f"{_ADD} WHERE p.id = old.photo_id AND {_HAS_FILES}"

_TRIGGERS = (
    ("file_added", "AFTER INSERT ON files", (_remove("new.photo_id", _OTHERS_OF_NEW), _ADD_NEW)),
    (
        "file_changed",
        f"AFTER UPDATE OF photo_id, relpath ON files WHEN {_MOVED_IN} OR new.relpath IS NOT old.relpath",
        (
            _remove("old.photo_id", _ALL_OF_OLD),
            f"{_remove('new.photo_id', _OTHERS_OF_NEW)} AND {_MOVED_IN}",
            _ADD_OLD,
            f"{_ADD_NEW} AND {_MOVED_IN}",
        ),
    ),
    ("file_removed", "AFTER DELETE ON files", (_remove("old.photo_id", _ALL_OF_OLD), _ADD_OLD)),
    (
        "photo_dated",
        "AFTER UPDATE OF taken ON photos WHEN new.taken IS NOT old.taken",
        (_remove("new.id", _FILES.format("new.id"), taken="old.taken"), f"{_ADD} WHERE p.id = new.id AND {_HAS_FILES}"),
    ),
    ("photo_removed", "BEFORE DELETE ON photos", (_remove("old.id", _FILES.format("old.id")),)),
)
