"""Where labelled pictures come from: FER2013 (CSV, folder tree or tar), folders of class sub-folders.

Owns reading and naming; refuses to know crops, splits by group and targets. Nothing is changed at the source.
"""

import csv
import hashlib
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from organiser.errors import Permanent

FER_LABELS: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""FER2013's classes in the order of the numbers 0–6 of its CSV."""

VOTES: Final = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF",
)  # fmt: skip
"""FER+'s columns: what each of ten raters saw; NF is "not a face"."""

CHOOSING_ONLY: Final = ("affect_val", "jaffe")
"""Sets that show how a predictor does on other faces than it learned from: nothing may ever be learned from them."""

_USAGE: Final = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
_SPLITS: Final = {**_USAGE, "train": "train", "val": "val", "validation": "val", "test": "test"}
_PICTURES: Final = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".jp2", ".gif", ".heic"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture.

    Attributes:
        source: the set it belongs to, "fer2013" for example.
        split: "train", "val", "test", or "" when the set has no split of its own.
        label: the class as the set names it.
        name: path inside the set, unique in it.
        data: the picture file's bytes; a row of FER2013's CSV becomes a PNG.
    """

    source: str
    split: str
    label: str
    name: str
    data: bytes


def read(path: Path, source: str) -> Iterator[Picture]:
    """Yield the pictures of a FER2013 CSV, a tar, or a folder `[split/]label/picture`, ordered by name.

    Raises:
        Permanent: there is nothing at `path`, it is no such set, or (while yielding) a row of the CSV or the tar is
            broken.
    """
    if path.is_dir():
        return _tree(path, source)
    _require_file(path)
    if path.suffix == ".csv":
        return _fer_csv(path, source)
    if tarfile.is_tarfile(path):
        return _tar(path, source)
    raise Permanent(f"{path}: neither a folder, a FER2013 CSV nor a tar")


def content_digest(path: Path) -> str:
    """Return sha256 hex of what `read` reads at `path`: while it stays the same, so do the pictures.

    Raises:
        Permanent: there is nothing at `path`.
    """
    if not path.is_dir():
        _require_file(path)
        return _file_digest(path)
    whole = hashlib.sha256()
    for file, name in _tree_files(path):
        whole.update(f"{name}\0{_file_digest(file)}\n".encode(errors="surrogateescape"))
    return whole.hexdigest()


def with_copies(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Yield every picture and then a smaller, re-saved copy, as sets have that were enlarged on disk."""
    for picture in pictures:
        yield picture
        data = np.frombuffer(picture.data, np.uint8)
        image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
        if image is not None:
            size = (max(image.shape[1] * 4 // 5, 1), max(image.shape[0] * 4 // 5, 1))
            smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            saved = cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
            yield replace(picture, name=f"{picture.name}~copy", data=saved)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise Permanent(f"{path}: nothing is there", "name a folder, a FER2013 CSV or a tar: NAME=PATH")


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tree(root: Path, source: str) -> Iterator[Picture]:
    for path, name in _tree_files(root):
        if (where := _place(name)) is not None:
            yield Picture(source, *where, name, path.read_bytes())


def _tree_files(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield the picture files of a tree and their names in it, sorted."""
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in _PICTURES and path.is_file():
            yield path, path.relative_to(root).as_posix()


def _tar(path: Path, source: str) -> Iterator[Picture]:
    try:
        with tarfile.open(path) as archive:
            for member in sorted((m for m in archive.getmembers() if m.isfile()), key=lambda m: m.name):
                name = member.name.removeprefix("./")
                if Path(name).suffix.lower() not in _PICTURES or (where := _place(name)) is None:
                    continue
                file = archive.extractfile(member)
                yield Picture(source, *where, name, file.read() if file else b"")
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Permanent(f"{path}: a broken tar: {error}", "fetch it again") from error


def _place(name: str) -> tuple[str, str] | None:
    """Return (split, label) from the two folders above a picture; None for a picture outside any class folder."""
    folders = name.split("/")[:-1]
    if not folders:
        return None
    above = folders[-2] if len(folders) > 1 else ""
    return _SPLITS.get(above, ""), folders[-1]


def _fer_csv(path: Path, source: str) -> Iterator[Picture]:
    """Yield the rows of FER2013's CSV, named by their number from 0: "row/0" is the first."""
    with path.open(newline="") as file:
        predictor = csv.DictReader(file)
        if not {"emotion", "pixels"} <= frozenset(predictor.fieldnames or ()):
            raise Permanent(f"{path}: no FER2013 CSV: no columns emotion and pixels")
        for number, row in enumerate(predictor):
            try:
                grey = np.array([int(text) for text in row["pixels"].split()], np.uint8).reshape(48, 48)
                label = FER_LABELS[int(row["emotion"])]
            except (ValueError, IndexError, AttributeError, OverflowError) as error:
                raise Permanent(f"{path}: row {number} is no face of FER2013: {error}") from error
            split = _SPLITS.get(row.get("Usage", ""), "")
            yield Picture(source, split, label, f"row/{number}", cv2.imencode(".png", grey)[1].tobytes())
