"""Backups of a test's library, and the whole content of an index to compare."""

from pathlib import Path
from typing import Any

from organiser.index.backup.sections import SECTIONS, rows
from organiser.index.db.engine import Index, reading
from organiser.jobs.backups.backup import backup
from tests.jobs.library import Library

Rows = dict[str, list[dict[str, Any]]]


def leave_settings(_settings: object) -> None:
    """Nothing is to be done with settings."""


def made(library: Library, path: Path, *, everything: bool = True) -> Path:
    services = library.services
    backup(services.engine, library.home, path, {}, library.now, "1.2.3", everything=everything)
    return path


def content(engine: Index) -> Rows:
    """All rows of a backup's tables, references to renumbered rows resolved."""
    with reading(engine) as tx:
        found = {
            section.table.name: [dict(zip(section.table.c.keys(), row, strict=True)) for row in rows(tx, section)]
            for section in SECTIONS
        }
    digests = {row["id"]: row["digest"] for row in found["models"]}
    runs = {row["id"]: (row["kind"], row["started"], place) for place, row in enumerate(found["runs"])}
    for name in ("verdicts", "predictions"):
        for row in found[name]:
            row["model_id"] = digests[row["model_id"]]
    for row in found["journal"]:
        row["run_id"] = runs[row["run_id"]]
    for name in ("models", "runs", "schedules"):
        for row in found[name]:
            del row["id"]
    for row in found["models"]:
        del row["path"]
    for row in found["roots"]:
        del row["reconciled"]
    found["models"].sort(key=lambda row: str(row["digest"]))
    for row in found["models"]:
        del row["added"]
    return found
