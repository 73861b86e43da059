"""A backup put back: on this machine or another, on SQLite or Postgres, into an index that holds nothing of its own.

The file is checked from end to end before anything is written, and the index changes in one transaction.
"""

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from organiser.errors import Permanent
from organiser.index.backup.load import clear, finish, holdings, load
from organiser.index.backup.moved import MovedPaths
from organiser.index.backup.sections import SECTIONS, Restoring
from organiser.index.db.engine import Index, Transaction, reading, writing
from organiser.index.db.upgrade import head
from organiser.jobs.actions import models
from organiser.jobs.backups.backup import SETTINGS, table_member
from organiser.jobs.backups.backup_file import BackupReader, opened

_BUNDLE_FILE = re.compile(r"models/([0-9a-f]{64})/([A-Za-z0-9_-][A-Za-z0-9._-]*)")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a backup holds and what was put back.

    Attributes:
        made: when the backup was made, in epoch seconds.
        version: of the organiser that made it.
        everything: faces, crops and predictions are in it.
        counts: rows by table.
        roots: where the roots lie now.
        settings: what it says of settings.
    """

    made: float
    version: str
    everything: bool
    counts: Mapping[str, int]
    roots: tuple[str, ...]
    settings: Mapping[str, Any]


def restore(
    engine: Index,
    home: Path,
    path: Path,
    folders: Mapping[str, str],
    keep_settings: Callable[[Mapping[str, Any]], None],
) -> Restored:
    """Put a backup back.

    Args:
        folders: where folders lie on this machine, by where they lay.
        keep_settings: called with the backup's settings before the index is committed.

    Raises:
        Permanent: the file is damaged, no backup or of a newer version; the index is not empty; a folder is unknown.
        Transient: the file cannot be read.
        IndexUnusable: the index cannot be written.
    """
    with opened(path) as file:
        _check_revision(path, file)
        with reading(engine) as tx:
            _check_empty(tx)
        moved = MovedPaths(folders)
        _check_folders(file, moved)
        _restore_bundles(engine, home, file)
        settings: Mapping[str, Any] = json.loads(file.read(SETTINGS))
        with writing(engine) as tx:
            _check_empty(tx)
            _restore_rows(tx, file, moved)
            keep_settings(settings)
        return _facts(file, moved)


def inspect(path: Path) -> Restored:
    """Check a backup from end to end and say what it holds.

    Raises:
        Permanent: the file is damaged, no backup or of a newer version.
        Transient: the file cannot be read.
    """
    with opened(path) as file:
        _check_revision(path, file)
        return _facts(file, MovedPaths({}))


def _restore_rows(tx: Transaction, file: BackupReader, moved: MovedPaths) -> None:
    clear(tx)
    to = Restoring(moved, file.manifest["made"])
    for section in SECTIONS:
        name = table_member(section.table.name)
        if name in file.names:
            columns, rows = file.rows(name)
            load(tx, section, columns, rows, to)
    finish(tx)


def _restore_bundles(engine: Index, home: Path, file: BackupReader) -> None:
    """Take the models in, each verified as one that a person adds."""
    bundles: dict[str, list[tuple[str, str]]] = {}
    for member in file.names:
        if match := _BUNDLE_FILE.fullmatch(member):
            bundles.setdefault(match[1], []).append((match[2], member))
    for files in bundles.values():
        with tempfile.TemporaryDirectory(prefix="organiser-") as folder:
            for name, member in files:
                (Path(folder) / name).write_bytes(file.read(member))
            models.add(engine, home, Path(folder), file.manifest["made"])


def _check_revision(path: Path, file: BackupReader) -> None:
    if file.manifest["revision"] > head():
        made_by = file.manifest["organiser"]
        raise Permanent(f"{path} was made by a newer organiser ({made_by})", "install that version, then restore")


def _check_empty(tx: Transaction) -> None:
    found = ", ".join(f"{count} {word}" for word, count in holdings(tx).items())
    if found:
        hint = "restore into a new home (organiser --home DIR restore FILE); corrections alone can be imported"
        raise Permanent(f"the index is not empty: it holds {found}", hint)


def _check_folders(file: BackupReader, moved: MovedPaths) -> None:
    """See that every folder a person named is one that a root or a collection lies in."""
    for table, column in (("roots", "path"), ("collections", "target")):
        columns, rows = file.rows(table_member(table))
        at = list(columns).index(column)
        for row in rows:
            if row[at] is not None:
                moved.path(row[at])
    unknown = sorted(set(moved.folders) - moved.used)
    if unknown:
        roots = ", ".join(_roots(file, MovedPaths({}))) or "none"
        raise Permanent(f"no root or collection of the backup lies in {unknown[0]}", f"its roots: {roots}")


def _facts(file: BackupReader, moved: MovedPaths) -> Restored:
    facts, counted = file.manifest, file.manifest["rows"]
    counts = {section.table.name: counted.get(table_member(section.table.name), 0) for section in SECTIONS}
    settings = json.loads(file.read(SETTINGS))
    return Restored(facts["made"], facts["organiser"], facts["everything"], counts, _roots(file, moved), settings)


def _roots(file: BackupReader, moved: MovedPaths) -> tuple[str, ...]:
    columns, rows = file.rows(table_member("roots"))
    at = list(columns).index("path")
    return tuple(moved.path(row[at]) for row in rows)
