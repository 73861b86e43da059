"""What other programs wrote into files and their sidecars: keywords and ratings, by file. The only writer of both."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, insert, select

from organiser.core.library.labels import Labels
from organiser.core.photo import FileId
from organiser.index.db.schema import keywords, ratings

_MOST = 1000


def record(tx: Connection, found: Mapping[FileId, Labels]) -> None:
    """Record what these files say now, in place of what they said before; the files are there."""
    ids = list(found)
    for start in range(0, len(ids), _MOST):
        for table in (keywords, ratings):
            tx.execute(delete(table).where(table.c.file_id.in_(ids[start : start + _MOST])))
    words = [{"file_id": file_id, "keyword": word} for file_id, labels in found.items() for word in labels.keywords]
    stars = [{"file_id": key, "rating": labels.rating} for key, labels in found.items() if labels.rating is not None]
    if words:
        tx.execute(insert(keywords), words)
    if stars:
        tx.execute(insert(ratings), stars)


def of_files(tx: Connection, file_ids: Sequence[FileId]) -> dict[FileId, Labels]:
    """Return what these files say; those that say nothing are left out."""
    words: dict[FileId, list[str]] = {}
    query = select(keywords.c.file_id, keywords.c.keyword).where(keywords.c.file_id.in_(file_ids))
    for file_id, word in tx.execute(query.order_by(keywords.c.keyword)):
        words.setdefault(FileId(file_id), []).append(word)
    stars = select(ratings.c.file_id, ratings.c.rating).where(ratings.c.file_id.in_(file_ids))
    rated = {FileId(row[0]): int(row[1]) for row in tx.execute(stars)}
    return {key: Labels(tuple(words.get(key, ())), rated.get(key)) for key in words.keys() | rated.keys()}
