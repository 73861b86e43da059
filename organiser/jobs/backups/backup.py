"""What people made, in one file: corrections, collections with what they placed, schedules, settings and models.

One snapshot of the index is written while the service goes on. Which rows those are stands in
`index.backup.sections`; what the file looks like in `jobs.backup_file`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from organiser.errors import BundleError
from organiser.index.backup.sections import SECTIONS, rows
from organiser.index.db.engine import Index, Transaction, snapshot
from organiser.index.db.upgrade import revision_of
from organiser.index.tables import models
from organiser.jobs.actions.models import folder_of
from organiser.jobs.backups.backup_file import BackupWriter, written
from organiser.vision.bundle import MANIFEST, load, shipped

SETTINGS = "settings.json"


def table_member(name: str) -> str:
    """Return the name of the member that holds a table."""
    return f"index/{name}.jsonl"


def bundle_member(digest: str, file: str) -> str:
    """Return the name of the member that holds a file of a model's bundle."""
    return f"models/{digest}/{file}"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What was written: rows by table, the models that lie in it, and those whose bundle this host has not."""

    path: Path
    size: int
    counts: Mapping[str, int]
    models: tuple[str, ...]
    absent: tuple[str, ...]


def backup(
    engine: Index,
    home: Path,
    path: Path,
    settings: Mapping[str, Any],
    now: float,
    version: str,
    *,
    everything: bool = False,
) -> BackedUp:
    """Write a backup to `path`, as a whole or not at all.

    Args:
        settings: what of the settings file holds on any machine.
        version: of the organiser, for people.
        everything: faces, crops and predictions too, which a scan could find again.

    Raises:
        Permanent: something that is no backup is at `path`.
        Transient: it cannot be written, or the index cannot be read.
    """
    with written(path) as file, snapshot(engine) as tx:
        for section in SECTIONS:
            if section.always or everything:
                file.add_rows(table_member(section.table.name), section.table.c.keys(), rows(tx, section))
        kept, absent = _add_bundles(tx, file, home)
        file.add_bytes(SETTINGS, json.dumps(settings, indent=1).encode("ascii"))
        file.seal({"organiser": version, "made": now, "revision": revision_of(tx), "everything": everything})
        counts = {section.table.name: file.counts.get(table_member(section.table.name), 0) for section in SECTIONS}
    return BackedUp(path, path.stat().st_size, counts, kept, absent)


def _add_bundles(tx: Transaction, file: BackupWriter, home: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Add the bundles of the models that the index knows, but for the one that every organiser has."""
    kept, absent = [], []
    ours = _shipped_digest()
    for model in models.every(tx):
        if model.digest == ours:
            continue
        try:
            bundle = load(folder_of(home, model.digest, model.path))
        except BundleError:
            absent.append(model.label)
            continue
        for name in (MANIFEST, *(weights.file for weights in bundle.manifest.weights.values())):
            file.add_bytes(bundle_member(model.digest, name), (bundle.path / name).read_bytes())
        kept.append(model.label)
    return tuple(kept), tuple(absent)


def _shipped_digest() -> str | None:
    try:
        return load(shipped()).digest
    except BundleError:
        return None
