"""What the index holds of photos, counted and wiped: the questions and deletions that forgetting needs.

Owns the promise that what was erased is gone from the index's files too; which photos that are is for others to say.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, delete, func, or_, select

from organiser.core.photo import FileId, PhotoId, RootId
from organiser.index.db.engine import Index, writing
from organiser.index.db.safety_copy import drop_copies
from organiser.index.db.schema import (
    corrections,
    crops,
    faces,
    files,
    photos,
    placements,
    predictions,
    verdicts,
)
from organiser.index.search.path_index import compact_path_index
from organiser.index.tables.library import below


def photo_of_digest(tx: Connection, digest: str) -> PhotoId | None:
    """Return the photo with this picture digest, or None."""
    key = tx.execute(select(photos.c.id).where(photos.c.digest == digest)).scalar()
    return None if key is None else PhotoId(key)


def photos_of_digests(tx: Connection, digests: Sequence[str]) -> dict[str, PhotoId]:
    """Return the photos with these picture digests, by digest; unknown ones are left out."""
    query = select(photos.c.digest, photos.c.id).where(photos.c.digest.in_(digests))
    return {row[0]: PhotoId(row[1]) for row in tx.execute(query)}


def files_at(tx: Connection, root_id: RootId, relpath: str) -> list[tuple[FileId, PhotoId | None]]:
    """Return the file at a path of a root, or the files below it when it is a folder, each with its photo if known."""
    here = or_(files.c.relpath == relpath, below(relpath))
    query = select(files.c.id, files.c.photo_id).where(files.c.root_id == root_id, here).order_by(files.c.id)
    return [(FileId(row[0]), row[1]) for row in tx.execute(query)]


def photos_only_under(tx: Connection, root_id: RootId) -> list[PhotoId]:
    """Return the photos that have files under this root and nowhere else."""
    others = select(files.c.photo_id).where(files.c.root_id != root_id, files.c.photo_id.is_not(None))
    mine = select(files.c.photo_id).where(files.c.root_id == root_id, files.c.photo_id.not_in(others)).distinct()
    return sorted(PhotoId(key) for key in tx.execute(mine).scalars())


def page(tx: Connection, *, after: int = 0, limit: int = 1000) -> list[PhotoId]:
    """Return the photos with the next ids after `after`."""
    query = select(photos.c.id).where(photos.c.id > after).order_by(photos.c.id).limit(limit)
    return [PhotoId(key) for key in tx.execute(query).scalars()]


def count(tx: Connection, photo_ids: Sequence[PhotoId]) -> Counter[str]:
    """Count by table what the index holds of these photos, at most 1,000 of them."""
    of_faces = select(faces.c.id).where(faces.c.photo_id.in_(photo_ids))
    questions = {
        "photos": select(func.count()).where(photos.c.id.in_(photo_ids)),
        "files": select(func.count()).where(files.c.photo_id.in_(photo_ids)),
        "faces": select(func.count()).where(faces.c.photo_id.in_(photo_ids), faces.c.subject == "face"),
        "crops": select(func.count()).where(crops.c.face_id.in_(of_faces)),
        "predictions": select(func.count()).where(predictions.c.face_id.in_(of_faces)),
        "verdicts": select(func.count()).where(verdicts.c.photo_id.in_(photo_ids)),
        "corrections": select(func.count()).where(corrections.c.photo_id.in_(photo_ids)),
        "placements": select(func.count()).where(placements.c.photo_id.in_(photo_ids)),
    }
    return Counter({word: tx.execute(question).scalar_one() for word, question in questions.items()})


def drop_verdicts(tx: Connection, photo_ids: Sequence[PhotoId]) -> None:
    """Take back the verdicts of these photos, so that they are due for judging."""
    tx.execute(delete(verdicts).where(verdicts.c.photo_id.in_(photo_ids)))


def drop_pictures(tx: Connection, limit: int) -> int:
    """Drop kept crops and thumbnails, `limit` at most; return how many went."""
    some = select(crops.c.face_id).order_by(crops.c.face_id).limit(limit)
    return tx.execute(delete(crops).where(crops.c.face_id.in_(some))).rowcount


def overwrite_deleted(tx: Connection) -> None:
    """Have what this transaction's connection deletes from now on overwritten with zeros on disk.

    Postgres frees the space at its next vacuum and needs no help; old row versions are never shown again.
    """
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA secure_delete = ON")


def wipe_leftovers(engine: Index) -> None:
    """Take deleted paths out of the path index, and what was deleted out of SQLite's write-ahead log and old copies."""
    with writing(engine) as tx:
        overwrite_deleted(tx)
        compact_path_index(tx)
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()  # outside any transaction, which a checkpoint would wait for
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw.close()
        drop_copies(Path(engine.url.database or ""))


def digests_of(tx: Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, str]:
    """Return the picture digests of these photos, in hex."""
    query = select(photos.c.id, photos.c.digest).where(photos.c.id.in_(photo_ids))
    return {PhotoId(row[0]): row[1] for row in tx.execute(query)}
