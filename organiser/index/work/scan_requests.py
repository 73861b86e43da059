"""Work that was asked for and that no outcome tells: folders to scan again, collections to bring in line.

A message that asks for it may be lost, these rows are not. Whoever does the work takes it first and completes it
afterwards; what is asked for in the meantime stays asked for.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, delete, exists, select, update

from organiser.core.library.reconcile import Scope, is_below
from organiser.core.photo import RootId
from organiser.index.db.schema import placing_requests, scan_requests
from organiser.index.db.upsert import insert_for

_ONLY = 1
"""The id of the one request for placing."""

_ON_ITS_WAY_S = 5.0


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """A folder of a root that is to be scanned, `deep` with all below it.

    Attributes:
        run_id: the run it belongs to, or None.
        quiet: as in the message that asks for it.
        token: another one each time it is asked for.
    """

    root_id: RootId
    folder: str
    deep: bool
    run_id: int | None
    quiet: float
    token: str

    def within(self, scope: Scope) -> bool:
        """Whether a scan of `scope` sees all of it."""
        return is_below(self.folder, scope.trees) or (not self.deep and self.folder in scope.directories)

    def part_of(self, scope: Scope) -> bool:
        """Whether it is one of the very folders that `scope` names."""
        return self.folder in (scope.trees if self.deep else scope.directories)


def request_scan(
    tx: Connection, root_id: RootId, scope: Scope, now: float, run_id: int | None = None, quiet: float = 0.0
) -> str:
    """Ask for a scan; one that is asked for already, and perhaps going on, is asked for again. Return its token."""
    token = secrets.token_hex(8)
    common = {"root_id": root_id, "run_id": run_id, "quiet": quiet, "token": token}
    common |= {"owner": None, "expires": now + _ON_ITS_WAY_S}
    folders = [(folder, True) for folder in scope.trees] + [(folder, False) for folder in scope.directories]
    make = insert_for(tx, scan_requests)
    fresh = {name: make.excluded[name] for name in ("run_id", "quiet", "token", "owner", "expires")}
    make = make.on_conflict_do_update(index_elements=["root_id", "folder", "deep"], set_=fresh)
    rows = [common | {"folder": folder, "deep": deep} for folder, deep in folders]
    tx.execute(make, sorted(rows, key=lambda row: (row["folder"], row["deep"])))
    return token


def scans_within(tx: Connection, root_id: RootId, scope: Scope) -> list[ScanRequest]:
    """Return what is asked for in a root and seen by a scan of `scope` that begins now."""
    found = [_read(row) for row in tx.execute(_COLUMNS.where(scan_requests.c.root_id == root_id))]
    return [request for request in found if request.within(scope)]


def claim_scans(tx: Connection, scans: Sequence[ScanRequest], owner: str, until: float) -> None:
    """Record who does these scans, and until when nobody else needs to."""
    if scans:
        tx.execute(_SAME_UPDATE, [_key(scan) | {"by": owner, "until": until} for scan in scans])


def scans_completed(tx: Connection, scans: Sequence[ScanRequest]) -> None:
    """Complete these scans, but for those that were asked for again since they were read."""
    if scans:
        tx.execute(_SAME_DELETE, [_key(scan) for scan in scans])


def open_scans(tx: Connection, now: float) -> list[ScanRequest]:
    """Return the scans that are asked for and that nobody is at."""
    nobody = scan_requests.c.expires <= now
    order = scan_requests.c.root_id, scan_requests.c.run_id, scan_requests.c.folder
    return [_read(row) for row in tx.execute(_COLUMNS.where(nobody).order_by(*order))]


def any_scan(tx: Connection) -> bool:
    """Whether any scan is asked for, by whomever it is done."""
    return bool(tx.execute(select(exists().where(scan_requests.c.token != ""))).scalar())


def scanners(tx: Connection) -> list[str]:
    """Return everyone who said to be at a scan."""
    owners = select(scan_requests.c.owner).where(scan_requests.c.owner.is_not(None)).distinct()
    return list(tx.execute(owners).scalars())


def release_scans_of(tx: Connection, owners: Collection[str]) -> None:
    """Record that these are not at it any more: their scans are open again."""
    if owners:
        gone = scan_requests.c.owner.in_(owners)
        tx.execute(update(scan_requests).where(gone).values(owner=None, expires=0.0))


def withdraw_scan_requests(tx: Connection, run_id: int) -> None:
    """Ask no more for what a run asked for."""
    tx.execute(delete(scan_requests).where(scan_requests.c.run_id == run_id))


def request_placing(tx: Connection) -> None:
    """Have the collections brought in line; free when that is asked for already.

    The row stays locked to the end of the transaction: whoever takes it afterwards sees all that was done before.
    """
    open_request = select(placing_requests.c.id).where(~placing_requests.c.claimed)
    if tx.execute(open_request.with_for_update(read=True)).scalar() is None:
        _put_placing(tx, claimed=False)


def claim_placing(tx: Connection) -> None:
    """Record that somebody, who holds the placers' lock, brings all collections in line from now on."""
    _put_placing(tx, claimed=True)


def placing_completed(tx: Connection) -> None:
    """Complete it, unless it was asked for again since it was taken."""
    tx.execute(delete(placing_requests).where(placing_requests.c.claimed))


def placing(tx: Connection) -> bool:
    """Whether the collections are to be brought in line, by whomever it is done."""
    return tx.execute(select(placing_requests.c.id)).scalar() is not None


def _put_placing(tx: Connection, *, claimed: bool) -> None:
    make = insert_for(tx, placing_requests).values(id=_ONLY, claimed=claimed)
    tx.execute(make.on_conflict_do_update(index_elements=["id"], set_={"claimed": claimed}))


def _key(request: ScanRequest) -> dict[str, object]:
    return {"root": request.root_id, "at": request.folder, "whole": request.deep, "same": request.token}


def _read(row: Sequence[object]) -> ScanRequest:
    return ScanRequest(*row)  # type: ignore[arg-type]


_COLUMNS = select(
    scan_requests.c.root_id,
    scan_requests.c.folder,
    scan_requests.c.deep,
    scan_requests.c.run_id,
    scan_requests.c.quiet,
    scan_requests.c.token,
)
_SAME = and_(
    scan_requests.c.root_id == bindparam("root"),
    scan_requests.c.folder == bindparam("at"),
    scan_requests.c.deep == bindparam("whole"),
    scan_requests.c.token == bindparam("same"),
)
_SAME_UPDATE = update(scan_requests).where(_SAME).values(owner=bindparam("by"), expires=bindparam("until"))
_SAME_DELETE = delete(scan_requests).where(_SAME)
