"""What placing needs to know of the photos a query selected. Reads only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from organiser.core.chunks import chunks
from organiser.core.photo import PhotoId
from organiser.index.db.schema import files, models, photos, roots, verdicts
from organiser.index.tables.models import LABEL


@dataclass(frozen=True, slots=True)
class PresentFile:
    """A present file with its photo's facts and its verdict's."""

    photo_id: PhotoId
    root: str
    relpath: str
    size: int
    mtime_ns: int
    digest: str
    taken: datetime | None
    camera: str | None
    width: int | None
    height: int | None
    emotion: str | None
    confidence: float | None
    model: str | None


def present_files(tx: Connection, photo_ids: Sequence[PhotoId]) -> Iterator[PresentFile]:
    """Give every present file of these photos, a photo's oldest row first."""
    for part in chunks(photo_ids):
        batch = files.c.photo_id.in_(part)
        query = _COLUMNS.where(batch, files.c.missing_since.is_(None)).order_by(files.c.photo_id, files.c.id)
        for row in tx.execute(query):
            yield PresentFile(*row)


_COLUMNS: Select[Any] = (
    select(
        files.c.photo_id,
        roots.c.path,
        files.c.relpath,
        files.c.size,
        files.c.mtime_ns,
        photos.c.digest,
        photos.c.taken,
        photos.c.camera,
        photos.c.width,
        photos.c.height,
        verdicts.c.emotion,
        verdicts.c.confidence,
        LABEL,
    )
    .join_from(files, roots)
    .join(photos, photos.c.id == files.c.photo_id)
    .outerjoin(verdicts, verdicts.c.photo_id == photos.c.id)
    .outerjoin(models, models.c.id == verdicts.c.model_id)
)
