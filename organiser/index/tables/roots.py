"""Roots as rows: the directories the user handed over, and whether each is there."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, literal, select, update

from organiser.core.photo import RootId
from organiser.index.db.schema import files, roots
from organiser.index.db.types import PathText
from organiser.index.db.upsert import insert_for


@dataclass(frozen=True, slots=True)
class Root:
    """A directory the user handed over; moments are seconds since the epoch, None where it never happened."""

    id: RootId
    path: str
    reconciled: float | None
    offline_since: float | None
    offline_reason: str | None


def add(tx: Connection, path: str, now: float) -> RootId:
    """Return the root at absolute `path`, made if it is new."""
    make = insert_for(tx, roots).values(path=path, added=now)
    tx.execute(make.on_conflict_do_nothing(index_elements=["path"]))
    return RootId(tx.execute(select(roots.c.id).where(roots.c.path == path)).scalar_one())


def every(tx: Connection) -> list[Root]:
    """Return all roots by path."""
    return [Root(*row) for row in tx.execute(_COLUMNS.order_by(roots.c.path))]


def get(tx: Connection, root_id: RootId) -> Root | None:
    """Return one root, or None when it was removed."""
    row = tx.execute(_COLUMNS.where(roots.c.id == root_id)).one_or_none()
    return None if row is None else Root(*row)


def remove(tx: Connection, root_id: RootId) -> None:
    """Forget a root and its files; photos without any file left go with the next `library.purge_orphans`."""
    tx.execute(delete(roots).where(roots.c.id == root_id))


def absorb(tx: Connection, inner: Root, outer_id: RootId, prefix: str) -> None:
    """Give the files of `inner`, a folder `prefix` of another root, to that root, and forget `inner` as a root."""
    moved = literal(f"{prefix}/", PathText) + files.c.relpath
    tx.execute(update(files).where(files.c.root_id == inner.id).values(root_id=outer_id, relpath=moved))
    remove(tx, inner.id)


def set_offline(tx: Connection, root_id: RootId, reason: str, now: float) -> None:
    """Record that a root is not to be believed; the first moment is kept."""
    tx.execute(
        update(roots)
        .where(roots.c.id == root_id, roots.c.offline_since.is_(None))
        .values(offline_since=now, offline_reason=reason)
    )


def set_reconciled(tx: Connection, root_id: RootId, now: float) -> None:
    """Record a whole, believable scan of a root; it is online."""
    values = {"reconciled": now, "offline_since": None, "offline_reason": None}
    tx.execute(update(roots).where(roots.c.id == root_id).values(values))


_COLUMNS = select(roots.c.id, roots.c.path, roots.c.reconciled, roots.c.offline_since, roots.c.offline_reason)

NONE = RootId(0)
"""Stands for a folder that is not a root yet; no row has it."""
