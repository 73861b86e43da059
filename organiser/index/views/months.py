"""What was seen over time: photos by month and emotion, counted by the database. Reads only."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, func, select, true, union

from organiser.core.query.terms import Query
from organiser.index.db.schema import photos, verdicts
from organiser.index.search.file_counts import file_counts
from organiser.index.search.statements import select_ids
from organiser.index.search.tallied import conditions_on_verdicts, on_verdict_tallies
from organiser.index.search.tallies import photo_tallies, verdict_tallies

Months = Counter[tuple[str | None, str | None]]


def emotions_by_month(tx: Connection, query: Query) -> Months:
    """Count the photos that a query selects by the month they were taken, as "2024-05", and their emotion."""
    if tx.dialect.name == "sqlite" and len(query.alternatives) == 1:
        (terms,) = query.alternatives
        holds = conditions_on_verdicts(terms)
        if holds is not None:
            return _tallied(tx, holds)
    answers = [statement.order_by(None).subquery() for statement in select_ids(tx, query)]
    ids = union(*(select(answer.c.photo_id) for answer in answers)).subquery()
    source = ids.join(photos, photos.c.id == ids.c.photo_id).outerjoin(verdicts, verdicts.c.photo_id == photos.c.id)
    rows = tx.execute(select(*_BOTH, func.count()).select_from(source).group_by(*_BOTH))
    return Counter({(row[0], row[1]): row[2] for row in rows})


_BOTH = func.substr(photos.c.taken, 1, 7), verdicts.c.emotion


def _tallied(tx: Connection, holds: Sequence[ColumnElement[bool]]) -> Months:
    """Sum up what SQLite keeps of all photos, or of those whose verdicts pass; less those of which no file is there."""
    both = verdict_tallies.c.month, verdict_tallies.c.emotion
    kept = select(*both, func.sum(verdict_tallies.c.number)).where(*map(on_verdict_tallies, holds)).group_by(*both)
    found: Months = Counter({(row[0], row[1]): row[2] for row in tx.execute(kept)})
    if not holds:
        month = photo_tallies.c.month
        judged = Counter[str | None]()
        for (at, _), number in found.items():
            judged[at] += number
        for at, number in tx.execute(select(month, func.sum(photo_tallies.c.number)).group_by(month)):
            found[at, None] += number - judged[at]
    source = file_counts.outerjoin(photos, photos.c.id == file_counts.c.photo_id)
    source = source.outerjoin(verdicts, verdicts.c.photo_id == file_counts.c.photo_id)
    of_gone = (file_counts.c.present == 0, *(each.is_(true()) for each in holds))  # no index to start from instead
    gone = select(*_BOTH, func.count()).select_from(source).where(*of_gone).group_by(*_BOTH)
    found.subtract({(row[0], row[1]): row[2] for row in tx.execute(gone)})
    return +found
