"""A prepared set on disk: canonical crops exactly as the organiser keeps them, and one row per face.

A folder holds `faces.csv` (one row each), `crops.bin` and `wholes.bin` (the JPEGs one after the other) and
`prepared.json` (what it was made of, digests, counts). `wholes.bin` shows the same pictures unaligned: the framing a
face picture gets when the detector finds nothing in it. Owns the format; knows neither sources nor targets.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.vision.classifiers import decode_kept
from organiser.vision.template import CROP_SIZE, THUMBNAIL_SIZE, THUMBNAIL_TEMPLATE

FOLDS: Final = ("train", "val", "held", "dropped")


@dataclass(frozen=True, slots=True)
class Row:
    """One face of a prepared set.

    Attributes:
        fold: "train", "val" (choices are made on it), "held" (takes part in no choice) or "dropped" (a leak repaired).
        group: number of its duplicate group.
        aligned: 1 when the detector found the face, 0 when the whole picture was taken.
        votes: FER+ counts in the order of `sources.VOTES` joined by spaces, or "".
        digest: sha256 of the source picture's pixels.
    """

    source: str
    name: str
    label: str
    fold: str
    group: int
    aligned: int
    votes: str
    digest: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared set in memory.

    Attributes:
        rows: one per face.
        crops, wholes: uint8[N, S, S, C], aligned and unaligned framing; C = 1 when read as grey, else 3 (RGB). S is 128
            for faces; thumbnails of whole photos are squeezed to S = 256.
    """

    rows: tuple[Row, ...]
    crops: NDArray[np.uint8]
    wholes: NDArray[np.uint8]
    digest: str


class Writer:
    """Writes a prepared set face by face, as a context manager; without `complete` no set comes to be."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._crops = (folder / "crops.bin").open("wb")
        self._wholes = (folder / "wholes.bin").open("wb")
        self._sizes: list[tuple[int, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._crops.close()
        self._wholes.close()

    def add(self, crop: bytes, whole: bytes) -> None:
        """Append one face's two JPEGs."""
        self._crops.write(crop)
        self._wholes.write(whole)
        self._sizes.append((len(crop), len(whole)))

    def complete(self, rows: Sequence[Row], about: dict[str, Any]) -> None:
        """Write the rows, one per face added and in that order, and `about` with digests and counts."""
        self._crops.flush()
        self._wholes.flush()
        with (self._folder / "faces.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([field.name for field in fields(Row)] + ["crop_bytes", "whole_bytes"])
            for row, sizes in zip(rows, self._sizes, strict=True):
                writer.writerow([*asdict(row).values(), *sizes])
        digests = {name: _digest(self._folder / name) for name in ("faces.csv", "crops.bin", "wholes.bin")}
        counts = _counts(rows)
        text = json.dumps({**about, "digests": digests, "counts": counts}, indent=2)
        (self._folder / "prepared.json").write_text(text + "\n")


def load(folder: Path, *, folds: Iterable[str] = FOLDS, grey: bool = True, sources: Iterable[str] = ()) -> Prepared:
    """Read the faces of `folds` (and of `sources`, when named) from a prepared set."""
    if not (folder / "faces.csv").is_file():
        raise Permanent(f"{folder}: no prepared set", "make one with: python -m training prepare")
    wanted, named = frozenset(folds), frozenset(sources)
    rows: list[Row] = []
    spans: list[tuple[int, int, int, int]] = []
    at_crop = at_whole = 0
    with (folder / "faces.csv").open(newline="") as file:
        for record in csv.DictReader(file):
            crop, whole = int(record.pop("crop_bytes")), int(record.pop("whole_bytes"))
            if record["fold"] in wanted and (not named or record["source"] in named):
                rows.append(_row(record))
                spans.append((at_crop, crop, at_whole, whole))
            at_crop, at_whole = at_crop + crop, at_whole + whole
    photos = json.loads((folder / "prepared.json").read_text())["template"] == THUMBNAIL_TEMPLATE
    side = THUMBNAIL_SIZE if photos else CROP_SIZE
    crops = _decode(folder / "crops.bin", [(at, size) for at, size, _, _ in spans], side, grey=grey)
    wholes = _decode(folder / "wholes.bin", [(at, size) for _, _, at, size in spans], side, grey=grey)
    return Prepared(tuple(rows), crops, wholes, _digest(folder / "faces.csv"))


def to_grey(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8[H, W] luma of uint8[H, W, 3] RGB: the grey every bundle with one channel is given."""
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)


def _row(record: dict[str, str]) -> Row:
    return Row(
        record["source"], record["name"], record["label"], record["fold"], int(record["group"]),
        int(record["aligned"]), record["votes"], record["digest"],
    )  # fmt: skip


def _decode(path: Path, spans: Sequence[tuple[int, int]], side: int, *, grey: bool) -> NDArray[np.uint8]:
    out = np.empty((len(spans), side, side, 1 if grey else 3), np.uint8)
    data = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
    for index, (at, size) in enumerate(spans):
        crop = decode_kept(data[at : at + size].tobytes())
        if crop.shape[:2] != (side, side):
            crop = np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        out[index] = to_grey(crop)[:, :, None] if grey else crop
    return out


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _counts(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        labels = counts.setdefault(f"{row.source}/{row.fold}", {})
        labels[row.label] = labels.get(row.label, 0) + 1
    return counts
