"""What was seen over time: photos by month and emotion, counted by the database. Reads only."""

from collections import Counter

from sqlalchemy import Connection, func, select, union

from organiser.core.query.terms import Query
from organiser.index.db.schema import photos, verdicts
from organiser.index.search.statements import select_ids


def emotions_by_month(tx: Connection, query: Query) -> Counter[tuple[str | None, str | None]]:
    """Count the photos that a query selects by the month they were taken, as "2024-05", and their emotion."""
    answers = [statement.order_by(None).subquery() for statement in select_ids(tx, query)]
    ids = union(*(select(answer.c.photo_id) for answer in answers)).subquery()
    source = ids.join(photos, photos.c.id == ids.c.photo_id).outerjoin(verdicts, verdicts.c.photo_id == photos.c.id)
    both = func.substr(photos.c.taken, 1, 7), verdicts.c.emotion
    rows = tx.execute(select(*both, func.count()).select_from(source).group_by(*both))
    return Counter({(row[0], row[1]): row[2] for row in rows})
