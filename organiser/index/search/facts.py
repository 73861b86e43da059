"""What the index holds of photos that a query can ask, as values: the other reading that `search` has to agree with."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Select, func, or_, select

from organiser.core.library.labels import Labels
from organiser.core.photo import FileId, PhotoId
from organiser.core.query.facts import Facts
from organiser.index.db.schema import (
    collections,
    corrections,
    faces,
    failures,
    files,
    models,
    photos,
    placements,
    roots,
    verdicts,
)
from organiser.index.search.path_text import absolute
from organiser.index.tables import labels
from organiser.index.tables.models import LABEL


def facts_of(tx: Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, Facts]:
    """Return the facts of these photos; those without a file, and unknown ones, are left out."""
    files_of = _files(tx, photo_ids)
    failed, placed = _failures(tx, photo_ids), _placed(tx, photo_ids)
    corrected = set(tx.execute(select(corrections.c.photo_id).where(corrections.c.photo_id.in_(photo_ids))).scalars())
    faces_of = _tallest(tx, photo_ids)
    given = _labels(tx, files_of)
    found: dict[PhotoId, Facts] = {}
    for row in tx.execute(_PHOTOS.where(photos.c.id.in_(photo_ids))).mappings():
        photo_id = PhotoId(row["id"])
        if photo_id not in files_of:
            continue
        present = [file for file in files_of[photo_id] if file[2]]
        counted = present or files_of[photo_id]
        written = [given[file[3]] for file in counted if file[3] in given]
        tallest = faces_of.get(photo_id)
        found[photo_id] = Facts(
            paths=tuple(absolute(root, relpath) for root, relpath, _, _ in counted),
            roots=tuple(root for root, _, _, _ in counted),
            missing=not present,
            failures=frozenset(failed.get(photo_id, ())),
            corrected=photo_id in corrected,
            placed=tuple(placed.get(photo_id, ())),
            keywords=tuple(dict.fromkeys(word for found in written for word in found.keywords)),
            rating=max((found.rating for found in written if found.rating is not None), default=None),
            face=None if tallest is None or row["height"] is None else tallest * row["height"],
            face_share=None if tallest is None else tallest * 100.0,
            **{name: row[name] for name in _NAMES},
        )
    return found


_File = tuple[str, str, bool, FileId]


def _files(tx: Connection, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, list[_File]]:
    """Root, relative path, presence and id of each photo's files, the oldest row first."""
    found: defaultdict[PhotoId, list[_File]] = defaultdict(list)
    columns = files.c.photo_id, roots.c.path, files.c.relpath, files.c.missing_since, files.c.id
    query = select(*columns).join_from(files, roots).where(files.c.photo_id.in_(photo_ids)).order_by(files.c.id)
    for photo_id, root, relpath, missing, file_id in tx.execute(query):
        found[photo_id].append((root, relpath, missing is None, FileId(file_id)))
    return found


def _labels(tx: Connection, files_of: Mapping[PhotoId, list[_File]]) -> Mapping[FileId, Labels]:
    return labels.of_files(tx, [file[3] for of_photo in files_of.values() for file in of_photo])


def _tallest(tx: Connection, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, float]:
    """Height of each photo's tallest face, as a share of the picture's."""
    query = select(faces.c.photo_id, func.max(faces.c.h)).where(faces.c.subject == "face")
    rows = tx.execute(query.where(faces.c.photo_id.in_(photo_ids)).group_by(faces.c.photo_id))
    return {PhotoId(row[0]): float(row[1]) for row in rows}


def _placed(tx: Connection, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, list[str]]:
    """Names of the collections that hold each photo."""
    found: defaultdict[PhotoId, list[str]] = defaultdict(list)
    query = select(placements.c.photo_id, collections.c.name).join_from(placements, collections).distinct()
    for photo_id, name in tx.execute(query.where(placements.c.photo_id.in_(photo_ids)).order_by(collections.c.name)):
        found[photo_id].append(name)
    return found


def _failures(tx: Connection, photo_ids: Sequence[PhotoId]) -> Mapping[PhotoId, set[str]]:
    """Kinds of the failures of each photo and of its files."""
    found: defaultdict[PhotoId, set[str]] = defaultdict(set)
    query = select(failures.c.photo_id, files.c.photo_id, failures.c.kind)
    query = query.outerjoin_from(failures, files, failures.c.file_id == files.c.id)
    for direct, through, kind in tx.execute(
        query.where(or_(failures.c.photo_id.in_(photo_ids), files.c.photo_id.in_(photo_ids)))
    ):
        for photo_id in (direct, through):
            found[photo_id].add(kind)
    return found


_NAMES = (
    *("added", "taken", "taken_from", "camera", "width", "height"),
    *("emotion", "confidence", "reason", "faces", "model"),
)


def _photos() -> Select[tuple[object, ...]]:
    shape = photos.c.added, photos.c.taken, photos.c.taken_from, photos.c.camera, photos.c.width, photos.c.height
    verdict = verdicts.c.emotion, verdicts.c.confidence, verdicts.c.reason, verdicts.c.faces
    source = photos.outerjoin(verdicts, verdicts.c.photo_id == photos.c.id).outerjoin(models)
    return select(photos.c.id, *shape, *verdict, LABEL.label("model")).select_from(source)


_PHOTOS = _photos()
