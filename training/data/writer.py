"""Writes a prepared set beside the one that is there and puts it in its place when it is complete.

A failed or killed run leaves the old set as it was. Everything is made in `.making`; one rename to `.ready` says that
the new set is complete; its files are then moved out, and whoever prepares next finishes a move that was cut short.
"""

import csv
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, BinaryIO, Final

from organiser.errors import Transient
from organiser.training.data.prepared import Row

_MAKING: Final = ".making"
_READY: Final = ".ready"


class Writer:
    """Writes a prepared set face by face; only with `complete` and then `publish` does a set come to be.

    Attributes:
        folder: where it is made: not yet where it will be.
    """

    def __init__(self, folder: Path, crops: BinaryIO, wholes: BinaryIO) -> None:
        self.folder = folder
        self._crops, self._wholes = crops, wholes
        self._sizes: list[tuple[int, int]] = []

    def add(self, crop: bytes, whole: bytes) -> None:
        """Append one face's two JPEGs."""
        self._crops.write(crop)
        self._wholes.write(whole)
        self._sizes.append((len(crop), len(whole)))

    def complete(self, rows: Sequence[Row], about: dict[str, Any]) -> None:
        """Write the rows, one per face added and in that order, and `about` with digests and counts."""
        self._crops.flush()
        self._wholes.flush()
        with (self.folder / "faces.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([field.name for field in fields(Row)] + ["crop_bytes", "whole_bytes"])
            for row, sizes in zip(rows, self._sizes, strict=True):
                writer.writerow([*asdict(row).values(), *sizes])
        digests = {name: _digest(self.folder / name) for name in ("faces.csv", "crops.bin", "wholes.bin")}
        text = json.dumps({**about, "digests": digests, "counts": _counts(rows)}, indent=2)
        (self.folder / "prepared.json").write_text(text + "\n")

    def publish(self) -> None:
        """Put the set that was completed in the place of the one that is there.

        Raises:
            OSError: the disk could not keep it; the old set stays.
        """
        ready = self.folder.with_name(_READY)
        for file in self.folder.iterdir():
            _flush(file)
        self.folder.rename(ready)
        _flush(ready.parent)
        _put_in_place(ready.parent)


@contextmanager
def writing(folder: Path) -> Iterator[Writer]:
    """Give the writer of a prepared set that is to be in `folder`; what was not published is gone afterwards.

    Raises:
        Transient: another process is preparing a set there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        _put_in_place(folder)
        making = folder / _MAKING
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()
        try:
            with (making / "crops.bin").open("wb") as crops, (making / "wholes.bin").open("wb") as wholes:
                yield Writer(making, crops, wholes)
        finally:
            shutil.rmtree(making, ignore_errors=True)


def _put_in_place(folder: Path) -> None:
    """Move the files of a complete new set out of `.ready`, if there is one; cut short, it is called again."""
    ready = folder / _READY
    if ready.is_dir():
        for file in list(ready.iterdir()):
            file.replace(folder / file.name)
        ready.rmdir()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder itself, so that nothing is left behind."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Transient(f"{folder}: another process is preparing a set there", "wait for it") from error
    finally:
        os.close(descriptor)


def _flush(path: Path) -> None:
    """Return once the disk has a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _counts(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        labels = counts.setdefault(f"{row.source}/{row.fold}", {})
        labels[row.label] = labels.get(row.label, 0) + 1
    return counts
