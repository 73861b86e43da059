"""The copy of an SQLite index that is made before an upgrade changes it, kept beside it: the way back."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from secrets import token_hex

from organiser.errors import IndexUnusable

_INFIX = ".revision-"


def copy_of(index: Path, revision: str) -> Path:
    """Return where the copy of an index of that revision lies, or would."""
    return index.with_name(f"{index.name}{_INFIX}{revision}")


def copies(index: Path) -> Sequence[tuple[str, Path]]:
    """Return the copies there are with their revisions, the newest revision first."""
    found = index.parent.glob(f"{index.name}{_INFIX}[0-9]*")
    named = [(path.name.removeprefix(f"{index.name}{_INFIX}"), path) for path in found]
    return sorted(((revision, path) for revision, path in named if revision.isdecimal()), reverse=True)


def make_copy(index: Path, revision: str) -> Path:
    """Copy an index as it was last committed, readable by its owner alone; an older copy of the revision gives way.

    Readers and the caller's own open transaction do not disturb it; nobody else may be writing.

    Raises:
        IndexUnusable: it cannot be copied, for want of space for one.
    """
    target = copy_of(index, revision)
    draft = target.with_name(f"{target.name}.{token_hex(4)}.part")
    try:
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(index)) as source, closing(sqlite3.connect(draft)) as made:
            source.backup(made)
        _flush(draft)
        draft.replace(target)
    except (OSError, sqlite3.Error) as error:
        needed = index.stat().st_size / 1e6
        hint = f"free {needed:.0f} MB there; the index was not touched, the version before still works with it"
        raise IndexUnusable(f"cannot copy the index to {target} before upgrading it: {error}", hint) from error
    finally:
        for left in (draft, *(draft.with_name(draft.name + end) for end in ("-journal", "-wal", "-shm"))):
            with suppress(OSError):
                left.unlink()
    return target


def drop_copies(index: Path) -> None:
    """Delete the copies that are provably such: indexes of the revision in their name. They hold what is forgotten."""
    for revision, path in copies(index):
        if _revision_in(path) == revision:
            path.unlink(missing_ok=True)


def _revision_in(path: Path) -> str | None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            return None if row is None else str(row[0])
    except sqlite3.Error:
        return None


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
