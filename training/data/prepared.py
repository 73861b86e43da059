"""A prepared set on disk: canonical crops exactly as the organiser keeps them, and one row per face.

A folder holds `faces.csv` (one row each), `crops.bin` and `wholes.bin` (the JPEGs one after the other) and
`prepared.json` (what it was made of, digests, counts). `wholes.bin` shows the same pictures unaligned: the framing a
face picture gets when the detector finds nothing in it. Owns reading the format, which `organiser.training.data.writer`
writes; knows neither sources nor targets.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.vision.classifiers import decode_kept
from organiser.vision.template import CROP_SIZE, CROP_TEMPLATE, THUMBNAIL_SIZE, THUMBNAIL_TEMPLATE

FOLDS: Final = ("train", "val", "held", "dropped")

_MAKE_ONE: Final = "make one with: python -m organiser.training prepare"
_SUBJECTS: Final = {CROP_TEMPLATE: "face", THUMBNAIL_TEMPLATE: "photo"}


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
        digest: sha256 of the set's rows and folds, whichever of them were read.
        subject: "face" or "photo": of which subject bundles trained on it are.
    """

    rows: tuple[Row, ...]
    crops: NDArray[np.uint8]
    wholes: NDArray[np.uint8]
    digest: str
    subject: str = "face"

    def require(self, subject: str) -> None:
        """Refuse a set that shows something else than a model of `subject` ("face" or "photo") is to judge.

        Raises:
            Permanent: it shows something else.
        """
        if self.subject != subject:
            kind = "--wholes" if subject == "photo" else "--faces or --photos"
            raise Permanent(
                f"a model that judges a {subject} cannot use a prepared set of {self.subject}s",
                f"prepare one from: {kind} NAME=PATH",
            )


class Files:
    """The files of a prepared set, each proved by its digest as it is opened.

    Attributes:
        about: what `prepared.json` says.
    """

    def __init__(self, folder: Path) -> None:
        """Raises Permanent when there is no complete set in `folder`."""
        self._folder = folder
        path = folder / "prepared.json"
        if not path.is_file():
            state = "an incomplete prepared set" if (folder / "faces.csv").is_file() else "no prepared set"
            raise Permanent(f"{folder}: {state}", _MAKE_ONE)
        try:
            self.about: dict[str, Any] = json.loads(path.read_bytes())
            self._digests: dict[str, str] = self.about["digests"]
            template = self.about["template"]
        except (ValueError, KeyError, TypeError) as error:
            raise Permanent(f"{path}: not readable ({error})", _MAKE_ONE) from error
        if template not in _SUBJECTS:
            raise Permanent(f"{folder}: made for {template}, which this version does not cut", _MAKE_ONE)
        self.subject = _SUBJECTS[template]

    def read(self, name: str) -> NDArray[np.uint8]:
        """Return the bytes of a file, uint8[bytes], mapped and not copied.

        Raises:
            Permanent: it is missing or not the file that `prepared.json` tells of.
        """
        path = self._folder / name
        if not path.is_file():
            raise Permanent(f"{self._folder}: {name} is missing", "prepare the set again")
        data = np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8)
        if hashlib.sha256(data.data).hexdigest() != self._digests.get(name):
            raise Permanent(f"{path}: not the file that prepared.json tells of", "prepare the set again")
        return data

    def rows(self) -> list[tuple[Row, slice, slice]]:
        """Return every row and where its two JPEGs lie in `crops.bin` and `wholes.bin`."""
        rows = []
        at_crop = at_whole = 0
        for record in csv.DictReader(io.StringIO(self.read("faces.csv").tobytes().decode(), newline="")):
            crop, whole = at_crop + int(record["crop_bytes"]), at_whole + int(record["whole_bytes"])
            rows.append((_row(record), slice(at_crop, crop), slice(at_whole, whole)))
            at_crop, at_whole = crop, whole
        return rows

    def decode(self, name: str, spans: Sequence[slice], *, grey: bool) -> NDArray[np.uint8]:
        """Return the pictures at `spans` of "crops.bin" or "wholes.bin" as `Prepared` holds them."""
        side = THUMBNAIL_SIZE if self.subject == "photo" else CROP_SIZE
        out = np.empty((len(spans), side, side, 1 if grey else 3), np.uint8)
        data = self.read(name)
        for index, span in enumerate(spans):
            crop = decode_kept(data[span].tobytes())
            if crop.shape[:2] != (side, side):
                crop = np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
            out[index] = to_grey(crop)[:, :, None] if grey else crop
        return out


def load(folder: Path, *, folds: Iterable[str] = FOLDS, grey: bool = True, sources: Iterable[str] = ()) -> Prepared:
    """Read the faces of `folds` (and of `sources`, when named) from a prepared set.

    Raises:
        Permanent: there is no complete set, it was altered, or it has no such source.
    """
    files = Files(folder)
    wanted, named = frozenset(folds), frozenset(sources)
    chosen = files.rows()
    if missing := named - {row.source for row, _, _ in chosen}:
        there = ", ".join(sorted({row.source for row, _, _ in chosen}))
        raise Permanent(f"{folder}: no set named {', '.join(sorted(missing))}", f"there are: {there}")
    chosen = [face for face in chosen if face[0].fold in wanted and (not named or face[0].source in named)]
    crops = files.decode("crops.bin", [crop for _, crop, _ in chosen], grey=grey)
    wholes = files.decode("wholes.bin", [whole for _, _, whole in chosen], grey=grey)
    return Prepared(
        tuple(row for row, _, _ in chosen), crops, wholes, files.about["digests"]["faces.csv"], files.subject
    )


def verified(folder: Path) -> dict[str, Any]:
    """Return what `prepared.json` says, once every file it tells of is proved to be the one that was written.

    Raises:
        Permanent: there is no complete set or it was altered.
    """
    files = Files(folder)
    for name in ("faces.csv", "crops.bin", "wholes.bin"):
        files.read(name)
    return files.about


def to_grey(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8[H, W] luma of uint8[H, W, 3] RGB: the grey every bundle with one channel is given."""
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)


def _row(record: dict[str, str]) -> Row:
    return Row(
        record["source"], record["name"], record["label"], record["fold"], int(record["group"]),
        int(record["aligned"]), record["votes"], record["digest"],
    )  # fmt: skip
