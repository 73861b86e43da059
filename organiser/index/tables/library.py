"""Files and photos as rows: which file lies where, and which photo it shows. The only writer of both."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from organiser.core.chunks import chunks
from organiser.core.library.reconcile import FoundFile, KnownFile, Scope
from organiser.core.photo import FileId, PhotoId, RootId
from organiser.index.db.schema import corrections, files, photos, placements, roots
from organiser.index.db.types import unescaped
from organiser.index.db.upsert import insert_for

_SIGNED = 1 << 63
_PAGE = 1000
_RELPATH, _INODE = itemgetter(0), itemgetter(3)


@dataclass(frozen=True, slots=True)
class Located:
    """A file row with the root it lies under; `size` and `mtime_ns` as the last scan saw them."""

    file_id: FileId
    photo_id: PhotoId | None
    root_id: RootId
    root: str
    relpath: str
    size: int
    mtime_ns: int

    @property
    def path(self) -> str:
        """The absolute path on this host."""
        return f"{self.root}/{self.relpath}"


def known_files(tx: Connection, root_id: RootId, scope: Scope) -> list[KnownFile]:
    """Return the files of a root that lie in `scope`, missing ones included."""
    query = _KNOWN.where(files.c.root_id == root_id)
    if not scope.whole:
        query = query.where(or_(*(below(folder) for folder in (*scope.trees, *scope.directories))))
    rows = [_known(KnownFile._make(row)) for row in tx.execute(query).all()]
    if not scope.whole:
        rows = [row for row in rows if scope.covers(row.relpath)]
    return rows


def each_known_file(tx: Connection, root_id: RootId) -> Iterator[KnownFile]:
    """Give all files of a root, missing ones included, without ever holding all of them."""
    query = _KNOWN.where(files.c.root_id == root_id)
    for page in tx.execute(query, execution_options={"yield_per": _PAGE}).partitions():
        yield from map(_known, map(KnownFile._make, page))


def known_stats(tx: Connection, root_id: RootId, *, inodes: bool) -> Iterator[Sequence[tuple[str, int, int, int]]]:
    """Give path, size, modification time and inode of a root's present, digested files, page by page.

    A rescan reads a row for every file there is: on SQLite these come as the driver gives them.

    Args:
        inodes: give them; otherwise they are 0.
    """
    columns = type_coerce(files.c.relpath, Text), files.c.size, files.c.mtime_ns
    query = select(*columns, files.c.inode if inodes else literal(0))
    query = query.where(files.c.root_id == root_id, files.c.missing_since.is_(None), files.c.photo_id.is_not(None))
    pages: Iterable[Sequence[Any]]
    if tx.dialect.name == "sqlite":
        cursor = tx.execute(query).cursor  # SQLite's own, which reads row by row by itself
        pages = iter(lambda: cursor.fetchmany(_PAGE) if cursor else [], [])
    else:
        pages = tx.execute(query, execution_options={"yield_per": _PAGE}).partitions()
    for page in pages:
        plain = all(map(str.isascii, map(_RELPATH, page))) and min(map(_INODE, page)) >= 0
        yield page if plain else [(unescaped(row[0]), row[1], row[2], _unsigned(row[3])) for row in page]


def unread_paths(tx: Connection, root_id: RootId) -> Iterator[str]:
    """Give the paths of a root's present files that were never digested."""
    present = files.c.root_id == root_id, files.c.missing_since.is_(None)
    query = select(files.c.relpath).where(*present, files.c.photo_id.is_(None))
    for page in tx.execute(query, execution_options={"yield_per": _PAGE}).scalars().partitions():
        yield from page


def known_files_at(tx: Connection, root_id: RootId, relpaths: Sequence[str]) -> list[KnownFile]:
    """Return the files of a root that stand at these paths, missing ones included."""
    if not relpaths:
        return []
    query = _KNOWN.where(files.c.root_id == root_id, files.c.relpath.in_(relpaths))
    return [_known(KnownFile._make(row)) for row in tx.execute(query)]


def unread(tx: Connection, file_ids: Sequence[FileId]) -> set[FileId]:
    """Return those of these files whose photo is not known, or not any more; none is forgotten until the transaction ends."""
    unknown = or_(files.c.photo_id.is_(None), files.c.changed.is_not(None))
    query = select(files.c.id).where(files.c.id.in_(file_ids), unknown).order_by(files.c.id)
    return {FileId(key) for key in tx.execute(query.with_for_update(read=True, key_share=True)).scalars()}


def count_present(tx: Connection, root_id: RootId) -> int:
    """Count the files of a root that are where they should be."""
    present = files.c.root_id == root_id, files.c.missing_since.is_(None)
    return tx.execute(select(func.count()).select_from(files).where(*present)).scalar_one()


def count_kept_elsewhere(tx: Connection, gone: Sequence[KnownFile]) -> int:
    """Count those of `gone` whose photo has a present file that is not among them."""
    ids = {row.file_id for row in gone}
    wanted = sorted({row.photo_id for row in gone if row.photo_id is not None})
    kept: set[PhotoId] = set()
    for part in chunks(wanted):
        batch = files.c.photo_id.in_(part), files.c.missing_since.is_(None)
        kept.update(
            row[0] for row in tx.execute(select(files.c.photo_id, files.c.id).where(*batch)) if row[1] not in ids
        )
    return sum(row.photo_id in kept for row in gone)


def photos_only_in(tx: Connection, rows: Sequence[KnownFile]) -> set[PhotoId]:
    """Return the photos all whose files, missing ones included, are among `rows`."""
    ids = {row.file_id for row in rows}
    wanted = sorted({row.photo_id for row in rows if row.photo_id is not None})
    elsewhere: set[PhotoId] = set()
    for part in chunks(wanted):
        query = select(files.c.photo_id, files.c.id).where(files.c.photo_id.in_(part))
        elsewhere.update(row[0] for row in tx.execute(query) if row[1] not in ids)
    return set(wanted) - elsewhere


def insert_files(tx: Connection, root_id: RootId, found: Sequence[FoundFile]) -> dict[FileId, int]:
    """Add new files, their photo not known yet; return their sizes by id. A row another scan added is left to it."""
    if not found:
        return {}
    make = insert_for(tx, files).on_conflict_do_nothing(index_elements=["root_id", "relpath"])
    rows = [{"root_id": root_id, "relpath": found_file.relpath} | _stat(found_file) for found_file in found]
    return {row[0]: row[1] for row in tx.execute(make.returning(files.c.id, files.c.size), rows)}


def move_files(tx: Connection, moved: Iterable[tuple[FileId, FoundFile]]) -> None:
    """Give files their new paths; a missing row that stands at a new path gives way."""
    for file_id, found in moved:
        root_id = select(files.c.root_id).where(files.c.id == file_id).scalar_subquery()
        tx.execute(delete(files).where(files.c.relpath == found.relpath, files.c.root_id == root_id))
        values = {"relpath": found.relpath, "missing_since": None, "changed": None} | _stat(found)
        tx.execute(update(files).where(files.c.id == file_id).values(values))


def mark_missing(tx: Connection, file_ids: Sequence[FileId], now: float) -> None:
    """Record that files are not where they were; the first moment is kept."""
    for part in chunks(file_ids):
        batch = files.c.id.in_(part)
        tx.execute(update(files).where(batch, files.c.missing_since.is_(None)).values(missing_since=now))


def mark_present(tx: Connection, returned: Iterable[tuple[FileId, FoundFile]]) -> None:
    """Record that missing files are back, unchanged."""
    for file_id, found in returned:
        values = {"missing_since": None, "changed": None} | _stat(found)
        tx.execute(update(files).where(files.c.id == file_id).values(values))


def mark_changed(tx: Connection, file_ids: Sequence[FileId], now: float) -> None:
    """Record that other files lie where these did; which photos they show is not known yet."""
    for part in chunks(file_ids):
        batch = files.c.id.in_(part)
        tx.execute(update(files).where(batch, files.c.photo_id.is_not(None)).values(changed=now, missing_since=None))


def mark_unknown(tx: Connection, file_id: FileId, found: FoundFile) -> None:
    """Record what lies at a file's path now, and that nobody knows which photo it shows."""
    values = {"photo_id": None, "changed": None} | _stat(found)
    tx.execute(update(files).where(files.c.id == file_id).values(values))


def identify(tx: Connection, seen: Sequence[tuple[FileId, FoundFile, str]], now: float) -> list[PhotoId]:
    """Record which photo each file shows, by the digest of its picture data; photos are made where they are new.

    Returns the photos in the order of `seen`; a file that was forgotten in the meantime is passed over.
    """
    there = files_still_there(tx, [file_id for file_id, _, _ in seen])
    seen = [found_file for found_file in seen if found_file[0] in there]
    if not seen:
        return []
    digests = sorted({digest for _, _, digest in seen})
    make = insert_for(tx, photos).on_conflict_do_nothing(index_elements=["digest"])
    tx.execute(make, [{"digest": digest, "added": now} for digest in digests])
    known = {row[0]: PhotoId(row[1]) for row in tx.execute(_PHOTOS.where(photos.c.digest.in_(digests)))}
    shown = [
        {"file": file_id, "photo_id": known[digest], "missing_since": None, "changed": None} | _stat(found)
        for file_id, found, digest in seen
    ]
    tx.execute(update(files).where(files.c.id == bindparam("file")), shown)
    return [known[digest] for _, _, digest in seen]


def locate(tx: Connection, file_ids: Sequence[FileId]) -> list[Located]:
    """Return where these files lie."""
    return [Located(*row) for row in tx.execute(_LOCATED.where(files.c.id.in_(file_ids)))]


def present_files(tx: Connection, photo_ids: Sequence[PhotoId]) -> dict[PhotoId, list[Located]]:
    """Return the present files of these photos, the oldest row first; photos without one are left out."""
    query = _LOCATED.where(files.c.photo_id.in_(photo_ids), files.c.missing_since.is_(None)).order_by(files.c.id)
    found: dict[PhotoId, list[Located]] = {}
    for row in tx.execute(query):
        found.setdefault(row[1], []).append(Located(*row))
    return found


def files_at(tx: Connection, root_id: RootId, relpaths: Sequence[str]) -> dict[str, FileId]:
    """Return the file rows that stand at these paths of a root."""
    query = select(files.c.relpath, files.c.id).where(files.c.root_id == root_id, files.c.relpath.in_(relpaths))
    return {row[0]: FileId(row[1]) for row in tx.execute(query)}


def forget_files(tx: Connection, file_ids: Sequence[FileId]) -> None:
    """Erase file rows, and every photo that has no other file, with all that was derived from it."""
    for batch in chunks(file_ids):
        gone = select(files.c.photo_id).where(files.c.id.in_(batch))
        photo_ids = list(tx.execute(gone).scalars())
        tx.execute(delete(files).where(files.c.id.in_(batch)))
        kept = exists().where(files.c.photo_id == photos.c.id)
        tx.execute(delete(photos).where(photos.c.id.in_(photo_ids), ~kept))


def still_there(tx: Connection, photo_ids: Sequence[PhotoId]) -> set[PhotoId]:
    """Return those of these photos that were not forgotten; none of them is until the transaction ends."""
    query = select(photos.c.id).where(photos.c.id.in_(photo_ids)).order_by(photos.c.id)
    return {PhotoId(key) for key in tx.execute(query.with_for_update(read=True, key_share=True)).scalars()}


def files_still_there(tx: Connection, file_ids: Sequence[FileId]) -> set[FileId]:
    """Return those of these files that were not forgotten; none of them is until the transaction ends."""
    query = select(files.c.id).where(files.c.id.in_(file_ids)).order_by(files.c.id)
    return {FileId(key) for key in tx.execute(query.with_for_update(read=True, key_share=True)).scalars()}


def sizes(tx: Connection, file_ids: Sequence[FileId]) -> dict[FileId, int]:
    """Return the sizes in bytes of those of these files that are present, by id."""
    present = files.c.id.in_(file_ids), files.c.missing_since.is_(None)
    return {row[0]: row[1] for row in tx.execute(select(files.c.id, files.c.size).where(*present).order_by(files.c.id))}


def photos_at(tx: Connection, root_id: RootId, relpath: str) -> list[PhotoId]:
    """Return the photo at a path, or the photos below it when it is a folder; missing files count."""
    where = files.c.root_id == root_id, files.c.photo_id.is_not(None), or_(files.c.relpath == relpath, below(relpath))
    return [PhotoId(key) for key in tx.execute(select(files.c.photo_id).where(*where).distinct()).scalars()]


def purge(tx: Connection, missing_before: float) -> list[PhotoId]:
    """Delete files missing since before that moment and photos left without file; return those photos.

    A photo with a correction stays: its file may come back, and a person's word is not ours to lose. Files of an
    offline root are never purged: they are not known to be gone.
    """
    online = files.c.root_id.in_(select(roots.c.id).where(roots.c.offline_since.is_(None)))
    tx.execute(delete(files).where(files.c.missing_since < missing_before, online))
    return purge_orphans(tx)


def purge_orphans(tx: Connection) -> list[PhotoId]:
    """Delete photos that have no file row left, no correction and no placement, which may be the last copy."""
    others = files, corrections, placements
    orphan = [~exists().where(table.c.photo_id == photos.c.id) for table in others]
    return [PhotoId(key) for key in tx.execute(delete(photos).where(*orphan).returning(photos.c.id)).scalars()]


def forget_photos(tx: Connection, photo_ids: Sequence[PhotoId]) -> None:
    """Erase every derived trace of these photos, their files' rows and corrections included."""
    tx.execute(delete(files).where(files.c.photo_id.in_(photo_ids)))
    tx.execute(delete(photos).where(photos.c.id.in_(photo_ids)))


def below(folder: str) -> ColumnElement[bool]:
    """Return what selects the files below a folder, a range of the unique index: '0' is the character after '/'."""
    if not folder:
        return files.c.relpath != ""
    return and_(files.c.relpath > f"{folder}/", files.c.relpath < f"{folder}0")


def _known(row: KnownFile) -> KnownFile:
    """Return a row as the disk speaks: paths unescaped, device and inode unsigned."""
    if row[5] < 0 or row[4] < 0:
        row = row._replace(device=_unsigned(row.device), inode=_unsigned(row.inode))
    return row if row[1].isascii() else row._replace(relpath=unescaped(row.relpath))


def _unsigned(number: int) -> int:
    return number % (2 * _SIGNED)


def _stat(found: FoundFile) -> dict[str, object]:
    """The stat columns; device and inode are unsigned on disk and signed in the index."""
    device, inode = (number - 2 * _SIGNED if number >= _SIGNED else number for number in (found.device, found.inode))
    return {"size": found.size, "mtime_ns": found.mtime_ns, "device": device, "inode": inode}


_KNOWN = select(
    files.c.id,
    type_coerce(files.c.relpath, Text),  # as plain text: a rescan meets every path, and few need unescaping
    *(files.c.size, files.c.mtime_ns, files.c.device, files.c.inode, files.c.photo_id, files.c.missing_since),
)
_PHOTOS = select(photos.c.digest, photos.c.id)
_LOCATED = select(
    files.c.id, files.c.photo_id, files.c.root_id, roots.c.path, files.c.relpath, files.c.size, files.c.mtime_ns
).join_from(files, roots)
