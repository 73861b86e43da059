"""A small photo library with collections, kept by the real placing code and a journal in a plain file."""

import hashlib
import json
import os
import stat
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from organiser.core.collections.collection import Collection, Plan, Wanted, plan_placements
from organiser.core.collections.placement import COLLECTION_MARKER, Medium, Placed, PlacementId, PlacementMode, Tag
from organiser.core.photo import PhotoId
from organiser.placing.apply import apply
from organiser.placing.context import Checkpoint, ExecutionContext, Outcome
from organiser.placing.disk.capabilities import probe
from organiser.placing.disk.target import Target
from organiser.placing.encoding import decode_entry, decode_placed, encode_details, encode_entry
from organiser.placing.journal import Entry, EntryId, Record, records
from organiser.placing.metadata.sidecar import SidecarWriter
from organiser.placing.metadata.writer import MetadataWriter
from organiser.placing.observe import observe
from organiser.placing.recover import Recovery, recover
from organiser.placing.undo import undo


class FileJournal:
    """The journal and the placements, as a file of one JSON object a line that is read again when opened."""

    def __init__(self, path: Path, checkpoint: Checkpoint | None = None, *, raced: bool = False) -> None:
        self.path = path
        self.raced = raced  # files come and go meanwhile, so that of two steps at one place the last one counts
        self.checkpoint = checkpoint or (lambda moment: None)
        self.planned: dict[EntryId, Entry] = {}
        self.finished: dict[EntryId, Entry] = {}
        self.rows: dict[str, tuple[PlacementId, Record]] = {}
        self._last = 0
        if path.exists():
            for line in path.read_text().splitlines():
                self._follow(json.loads(line))

    def plan(self, entries: Sequence[Entry]) -> Sequence[EntryId]:
        ids = [EntryId(self._last + 1 + at) for at in range(len(entries))]
        self._note("plan", dict(zip(ids, entries, strict=True)))
        return ids

    def amend(self, entries: Mapping[EntryId, Entry]) -> None:
        self._note("amend", entries)

    def done(self, entries: Mapping[EntryId, Entry]) -> None:
        self._note("done", entries)

    def drop(self, ids: Sequence[EntryId]) -> None:
        self._note("drop", {key: self.planned[key] for key in ids})

    def undone(self, entries: Mapping[EntryId, Entry]) -> None:
        self._note("undone", entries)

    def placed(self) -> list[Placed]:
        """Every placement; the recorded source stands for the photo while it is there."""
        found = []
        for key, record in self.rows.values():
            details = json.loads(json.dumps(encode_details(record)))
            source = record.source if record.source and os.path.lexists(record.source) else None
            found.append(decode_placed(key, record.photo_id, record.destination, record.made.mode, details, source))
        return found

    def _note(self, handler: str, entries: Mapping[EntryId, Entry]) -> None:
        line = {
            "act": handler,
            "entries": [
                [key, encode_entry(entry), None if entry.before is None else zlib.compress(entry.before).hex()]
                for key, entry in entries.items()
            ],
        }
        self.checkpoint(f"before {handler}")
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self.checkpoint(f"after {handler}")
        self._follow(json.loads(json.dumps(line)))

    def _follow(self, line: dict) -> None:
        for number, data, before in line["entries"]:
            key, entry = (
                EntryId(number),
                decode_entry(data, None if before is None else zlib.decompress(bytes.fromhex(before))),
            )
            self._last = max(self._last, number)
            if line["act"] in ("plan", "amend"):
                self.planned[key] = entry
                continue
            if line["act"] != "undone":
                del self.planned[key]
            if line["act"] == "drop":
                continue
            old, new = records(entry)
            if line["act"] == "done":
                self.finished[key] = entry
            else:
                del self.finished[key]
                old, new = new, old
            if old is not None:
                gone = self.rows.pop(old.destination, None)
                assert self.raced or gone is not None
            if new is not None:
                assert self.raced or new.destination not in self.rows
                self.rows[new.destination] = (PlacementId(number), new)


@dataclass
class World:
    """One root of photos, one collection, and what happened so far."""

    root: Path
    target: Path | None
    notes: Path
    mode: PlacementMode = PlacementMode.AUTO
    layout: str | None = None
    writer: MetadataWriter = field(default_factory=SidecarWriter)
    checkpoint: Checkpoint | None = None
    batch: int = 64
    raced: bool = False

    @property
    def collection(self) -> Collection:
        return Collection("happy", "emotion:happy", self.mode, str(self.target), self.layout)

    @property
    def writers(self) -> dict[Medium, MetadataWriter]:
        return {self.writer.medium: self.writer}

    @property
    def journal(self) -> FileJournal:
        return FileJournal(self.notes, self.checkpoint, raced=self.raced)

    def context(self, *, established: bool = False) -> ExecutionContext:
        target = None
        if self.target is not None and self.mode is not PlacementMode.TAG:
            target = Target(str(self.target), "happy", established=established)
        extra = {} if self.checkpoint is None else {"checkpoint": self.checkpoint}
        return ExecutionContext(self.writers, target, self.writer.medium, **extra)

    def recover(self) -> Recovery:
        journal = self.journal
        return recover(journal.planned, journal, self.writers)

    def plan(self, wanted: Iterable[Wanted], *, thorough: bool = False) -> Plan:
        context = self.context()
        target = None if context.target is None else context.target.path
        actual = observe(target, self.journal.placed(), self.writers, thorough=thorough)
        return plan_placements(self.collection, wanted, actual, None if target is None else probe(target).naming)

    def sync(self, wanted: Iterable[Wanted]) -> list[Outcome]:
        wanted = list(wanted)
        self.recover()
        plan = self.plan(wanted)
        return list(apply(plan.steps, self.journal, self.context(), batch=self.batch))

    def undo(self, keys: Iterable[EntryId] | None = None) -> list[Outcome]:
        journal = self.journal
        entries = journal.finished if keys is None else {key: journal.finished[key] for key in keys}
        return list(undo(dict(entries), journal, self.context()))


def wanted(path: Path, root: Path, number: int, *, taken: datetime | None = None, tag: Tag | None = None) -> Wanted:
    """Return the file at `path` as the index would select it; its content stands for its picture."""
    status = path.stat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    relpath = path.relative_to(root).as_posix()
    return Wanted(PhotoId(number), str(root), relpath, digest, status.st_size, status.st_mtime_ns, taken, tag=tag)


def all_wanted(root: Path, tag: Tag | None = None) -> list[Wanted]:
    """Return every file under `root` that is no sidecar, one photo for each content."""
    numbers: dict[str, int] = {}
    found = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix not in (".xmp", ".txt") and not path.name.startswith("."):
            photo = wanted(path, root, 0, tag=tag)
            number = numbers.setdefault(photo.digest, int(photo.digest[:12], 16))
            found.append(replace(photo, photo_id=PhotoId(number)))
    return found


def fill(root: Path, count: int, *, folders: int = 3) -> list[Path]:
    """Write `count` small files whose bytes all differ, in several folders with names that clash."""
    paths = []
    for number in range(count):
        path = root / f"folder {number % folders}" / f"IMG_{number // folders:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xd8\xff" + f"picture {number} ".encode() * (1 + number % 7 * 40))
        os.utime(path, ns=(10**18 + number, 10**18 + number * 1_000_003))
        path.chmod(0o640 if number % 2 else 0o444)
        paths.append(path)
    return paths


def snapshot(folder: Path, *, marker: bool = False) -> dict[str, tuple[str, int, bytes | str]]:
    """Return every path below `folder` with its kind, permissions and content."""
    found: dict[str, tuple[str, int, bytes | str]] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if path.name == COLLECTION_MARKER and not marker:
            continue
        name = path.relative_to(folder).as_posix()
        if stat.S_ISLNK(status.st_mode):
            found[name] = ("link", 0, os.readlink(path))
        elif stat.S_ISREG(status.st_mode):
            found[name] = ("file", stat.S_IMODE(status.st_mode), path.read_bytes())
        else:
            found[name] = ("folder", 0, b"")
    return found
