"""Whether the library is another than it was: a few numbers that change with it, quick to read. Reads only."""

from sqlalchemy import Connection, func, select

from organiser.index.db.schema import collections, corrections, files, photos, placements, verdicts


def pulse(tx: Connection) -> dict[str, int | float | None]:
    """Return how many photos, verdicts, missing files and placements there are, and the newest correction."""
    missing = select(func.count()).select_from(files).where(files.c.missing_since.is_not(None))
    return {
        "photos": tx.execute(select(func.count()).select_from(photos)).scalar(),
        "verdicts": tx.execute(select(func.count()).select_from(verdicts)).scalar(),
        "missing": tx.execute(missing).scalar(),
        "corrections": tx.execute(select(func.count()).select_from(corrections)).scalar(),
        "corrected": tx.execute(select(func.max(corrections.c.at))).scalar(),
        "collections": tx.execute(select(func.count()).select_from(collections)).scalar(),
        "placements": tx.execute(select(func.count()).select_from(placements)).scalar(),
    }
