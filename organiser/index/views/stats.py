"""The library in numbers, counted by the database. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Subquery, case, func, select, union

from organiser.core.query.terms import Query
from organiser.index.db.schema import crops, faces, failures, files, photos, verdicts
from organiser.index.search.find import rows
from organiser.index.search.shown_file import asks_for_files
from organiser.index.search.statements import select_ids
from organiser.index.tables.failures import standing
from organiser.index.views.whole_library import tallies_of_all

NONE = "none"
"""Stands for what is not known, or not there."""

_UNKNOWN = {"reason": "not judged"}


@dataclass(frozen=True, slots=True)
class Totals:
    """How much the index holds.

    Attributes:
        photos: those with a present file; missing: those with files of which none is present.
        files: present ones; duplicates: those among them that show a photo another one shows already.
        unidentified: present files whose photo is not known yet, or could not be.
        crops, crop_bytes: pictures of faces and thumbnails that are kept.
    """

    photos: int
    missing: int
    files: int
    duplicates: int
    unidentified: int
    faces: int
    crops: int
    crop_bytes: int


def totals(tx: Connection) -> Totals:
    """Count what the index holds."""
    present = files.c.missing_since.is_(None)
    known = select(files.c.photo_id, func.count(files.c.missing_since).label("missing"), func.count().label("files"))
    each = known.where(files.c.photo_id.is_not(None)).group_by(files.c.photo_id).subquery()
    shown = func.count(case((each.c.files > each.c.missing, 1)))
    kept = func.coalesce(func.sum(each.c.files - each.c.missing), 0)
    seen, gone, identified = tx.execute(select(shown, func.count() - shown, kept).select_from(each)).one()
    others = tx.execute(select(func.count()).where(present, files.c.photo_id.is_(None))).scalar_one()
    found = tx.execute(select(func.count()).where(faces.c.subject == "face")).scalar_one()
    pictures = tx.execute(select(func.count(), func.coalesce(func.sum(func.length(crops.c.data)), 0))).one()
    identified = int(identified)
    return Totals(seen, gone, identified + others, identified - seen, others, found, pictures[0], int(pictures[1]))


def tallies(tx: Connection, query: Query) -> Mapping[str, Counter[str]]:
    """Count the photos that a query selects by emotion, reason, faces, month, camera and folder, and failures by kind.

    A folder is the first one below a root, of the file that a listing shows; failures are those of the whole library.
    `NONE` stands for what is not known.
    """
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    found["failure"].update(_failures(tx))
    if tx.dialect.name == "sqlite" and query.alternatives == ((),):
        for name, tally in tallies_of_all(tx).items():
            found[name].update({_UNKNOWN.get(name, NONE) if key is None else key: it for key, it in tally.items()})
        return found
    ids = _ids(tx, query)
    names = ("emotion", "reason", "faces", "month", "camera")
    values = verdicts.c.emotion, verdicts.c.reason, verdicts.c.faces, func.substr(photos.c.taken, 1, 7), photos.c.camera
    source = ids.join(photos, photos.c.id == ids.c.photo_id).outerjoin(verdicts, verdicts.c.photo_id == photos.c.id)
    for row in tx.execute(select(func.count(), *values).select_from(source).group_by(*values)):
        for name, value in zip(names, row[1:], strict=True):
            found[name][_UNKNOWN.get(name, NONE) if value is None else str(value)] += row[0]
    if asks_for_files(query):  # which file of a photo answers is for the listing to say
        found["folder"].update(row.relpath.rpartition("/")[0].split("/")[0] or NONE for row in rows(tx, query))
    else:
        _count_folders(tx, ids, found["folder"])
    return found


def _failures(tx: Connection) -> Mapping[str, int]:
    kinds = select(failures.c.kind, func.count()).where(standing()).group_by(failures.c.kind)
    return {row[0]: row[1] for row in tx.execute(kinds)}


def _ids(tx: Connection, query: Query) -> Subquery:
    answers = [statement.order_by(None).subquery() for statement in select_ids(tx, query)]
    return union(*(select(answer.c.photo_id) for answer in answers)).subquery()


def _count_folders(tx: Connection, ids: Subquery, found: Counter[str]) -> None:
    present = func.min(case((files.c.missing_since.is_(None), files.c.id)))
    first = select(func.coalesce(present, func.min(files.c.id))).where(files.c.photo_id == ids.c.photo_id)
    file = files.alias("shown")
    folder = _top(file.c.relpath, tx.dialect.name)
    source = ids.join(file, file.c.id == first.correlate(ids).scalar_subquery())
    for row in tx.execute(select(folder, func.count()).select_from(source).group_by(folder)):
        found[row[0] or NONE] += row[1]


def _top(relpath: ColumnElement[str], dialect: str) -> ColumnElement[str]:
    """The first folder of a relative path, or an empty text for a file in the root itself."""
    slash = func.instr(relpath, "/") if dialect == "sqlite" else func.strpos(relpath, "/")
    return func.substr(relpath, 1, case((slash > 0, slash - 1), else_=0), type_=relpath.type)
