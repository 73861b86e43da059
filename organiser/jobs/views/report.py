"""The report: what a query selects, read from the index a few photos at a time and written as one page to look at."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from organiser.core.emotion import Emotion, Probabilities
from organiser.core.judging.correction import NO_FACE, Correction, no_face_at, of_face
from organiser.core.photo import FaceId, PhotoId
from organiser.core.query.terms import Query
from organiser.errors import Transient
from organiser.index.db.engine import Index, Transaction, reading
from organiser.index.search import find
from organiser.index.search.find import Row
from organiser.index.tables import corrections, models, results
from organiser.index.tables.results import KeptFace
from organiser.jobs.paths import Mounts, mounted
from organiser.reporting.links import link
from organiser.reporting.page import ReportSummary, page_path, write_report
from organiser.reporting.photo import ReportFace, ReportPhoto

_PAGE = 100
_UNREAD = "not_judged"


def report(engine: Index, mounts: Mounts, query: Query, target: Path, *, title: str, now: datetime) -> ReportSummary:
    """Write the page of the photos that `query` selects, in its order.

    Args:
        mounts: where this host mounts roots, for the links.
        target: `FILE.html`, or a folder that gets an `index.html`.
        now: with its zone.

    Raises:
        Transient: it cannot be written.
    """
    target = Path(os.path.abspath(target))
    try:
        with reading(engine) as tx:
            photos = _photos(tx, mounts, query, page_path(target))
            return write_report(photos, target, title=title, generated=now, model=_model_label(tx))
    except OSError as error:
        raise Transient(f"{error.filename or target}: {error.strerror or error}") from error


def _model_label(tx: Transaction) -> str:
    """The model in use as people write it; where nobody chose one, the one that judged most."""
    chosen = models.active_digest(tx)
    known = {model.id: model for model in models.every(tx)}
    counts = models.prediction_counts(tx)
    active = [model for model in known.values() if model.digest == chosen]
    used = sorted(known.values(), key=lambda model: counts.get(model.id, 0))[-1:]
    return next((face.label for face in (active or used)), "none")


def _photos(tx: Transaction, mounts: Mounts, query: Query, page: Path) -> Iterator[ReportPhoto]:
    rows = find.rows(tx, query)
    while part := list(islice(rows, _PAGE)):
        yield from described(tx, mounts, part, lambda _, path: link(Path(path), page))


def described(
    tx: Transaction,
    mounts: Mounts,
    rows: Sequence[Row],
    link_to: Callable[[PhotoId, str], str],
    *,
    thumbnails: bool = True,
) -> Iterator[ReportPhoto]:
    """Give what a page shows of these photos; `link_to` says where it finds a photo's file, by id and path."""
    keys = [row.photo_id for row in rows]
    faces = results.by_photo(results.faces_of(tx, keys))
    probabilities = _predictions(tx, rows)
    by_person = corrections.of_photos(tx, keys)
    whole = [face.id for of_photo in faces.values() for face in of_photo if face.subject == "photo"]
    pictures = results.crops_of(tx, whole) if thumbnails else {}
    for row in rows:
        own = faces.get(row.photo_id, [])
        corrected = by_person.get(row.photo_id, ())
        shown = [_face(face, probabilities.get(face.id, {}), corrected) for face in own if face.subject == "face"]
        thumbnail = next((pictures[face.id] for face in own if face.id in pictures), b"")
        path = mounted(mounts, row.path)
        yield _photo(row, path, link_to(row.photo_id, path), thumbnail, tuple(shown))


def _predictions(tx: Transaction, rows: Sequence[Row]) -> dict[FaceId, Probabilities]:
    """Probabilities by the model that gave each photo its verdict."""
    ids = {model.label: model.id for model in models.every(tx)}
    found: dict[FaceId, Probabilities] = {}
    for label in {row.model for row in rows if row.model is not None}:
        found |= results.predictions_of(tx, ids[label], [row.photo_id for row in rows if row.model == label])
    return found


def _face(face: KeptFace, probabilities: Probabilities, by_person: Sequence[Correction]) -> ReportFace:
    if no_face_at(by_person, face.box):
        return ReportFace(face.box, {}, NO_FACE, corrected=True)
    correction = of_face(by_person, face.box)
    if correction is None:
        return ReportFace(face.box, probabilities, face.gate)
    certain = {} if correction.emotion is None else {correction.emotion: 1.0}
    return ReportFace(face.box, certain, face.gate, corrected=True)


def _photo(row: Row, path: str, reference: str, thumbnail: bytes, faces: tuple[ReportFace, ...]) -> ReportPhoto:
    folder, _, name = row.relpath.rpartition("/")
    return ReportPhoto(
        path=path,
        link=reference,
        name=name,
        width=row.width or 1,
        height=row.height or 1,
        taken=row.taken,
        camera=row.camera,
        folder=folder,
        emotion=None if row.emotion is None else Emotion(row.emotion),
        confidence=row.confidence,
        reason=row.reason or _UNREAD,
        thumbnail=thumbnail,
        faces=faces,
    )
