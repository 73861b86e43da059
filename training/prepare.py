"""`prepare`: from raw sets to a prepared set of canonical crops, split by duplicate group, leaks refused or repaired.

Faces are found and aligned by the functions the organiser serves with, so a crop prepared is the crop served, byte
for byte. Knows sources, duplicates and the prepared format; refuses to know targets and networks.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.core.face import Face
from organiser.errors import Permanent
from organiser.vision.align import canonical_crop, crop_of_face_picture, encode_crop
from organiser.vision.detectors import FaceDetector
from organiser.vision.template import CROP_TEMPLATE
from training.duplicates import Prints, fingerprint, groups, join, leaks
from training.prepared import Row, Writer
from training.sheet import contact_sheet
from training.sources import Picture, read

_LOT: Final = 256
_HELD_IN: Final = 10


@dataclass(frozen=True, slots=True)
class Source:
    """A set to prepare: its name, where it is, and whether its pictures are faces already or whole photos."""

    name: str
    path: Path
    kind: str = "faces"


@dataclass(frozen=True, slots=True)
class Cut:
    """What became of one picture: its two framings as JPEG, and whether a face was found."""

    crop: bytes
    whole: bytes
    aligned: bool


class _Blind:
    """A detector that sees nothing: gives a face picture the framing it has when no face is found."""

    fingerprint = "blind"

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002 - it sees nothing
        return []


def prepare(
    sources: Sequence[Source],
    votes: Mapping[str, tuple[int, ...]],
    folder: Path,
    detector: FaceDetector,
    *,
    repair: bool,
    seed: int = 0,
    note: Callable[[str], None] = print,
) -> None:
    """Write the prepared set of `sources` to `folder`.

    Raises:
        Permanent: near-duplicates lie in different splits and `repair` is off.
    """
    writer = Writer(folder)
    pictures: list[Picture] = []
    cuts: list[bool] = []
    prints: list[Prints] = []
    for lot, made in _cut_lots(sources, detector):
        kept = [(picture, cut) for picture, cut in zip(lot, made, strict=True) if cut is not None]
        for _, cut in kept:
            writer.add(cut.crop, cut.whole)
        cuts += [cut.aligned for _, cut in kept]
        prints.append(fingerprint([p.image for p, _ in kept if p.image is not None]))
        pictures += [Picture(p.source, p.split, p.label, p.name, None) for p, _ in kept]
        note(f"{len(pictures)} faces, {sum(cuts)} aligned")
    every = join(prints)
    group = groups(every)
    splits = [picture.split for picture in pictures]
    leaked = leaks(group, splits)
    if leaked and not repair:
        one, other = (pictures[index].name for index in leaked[0])
        raise Permanent(f"{len(leaked)} near-duplicates across splits, first {one} and {other}", "add --repair")
    folds = assign_folds(group, splits, seed)
    rows = [
        Row(
            p.source, p.name, p.label, fold, root, int(aligned),
            " ".join(map(str, votes.get(Path(p.name).name, ()))), digest,
        )
        for p, fold, root, aligned, digest in zip(pictures, folds, group.tolist(), cuts, every.exact, strict=True)
    ]  # fmt: skip
    about = {
        "template": CROP_TEMPLATE,
        "detector": detector.fingerprint,
        "seed": seed,
        "sources": {source.name: source.kind for source in sources},
        "duplicates": len(rows) - len(np.unique(group)),
        "leaks_repaired": len(leaked),
    }
    writer.close(rows, about)
    contact_sheet(folder)
    note(f"{len(rows)} faces in {folder}; {about['duplicates']} duplicates, {len(leaked)} leaks repaired")


def assign_folds(group: NDArray[np.int64], splits: Sequence[str], seed: int) -> list[str]:
    """Give every picture its fold: a set's own val and test stay; a tenth of the remaining groups is held out.

    A train picture whose group reaches into val or test is dropped: the leak is repaired on the training side. The
    held-out tenth goes by a hash of the group, so it does not change when a set is added behind the others.
    """
    reached = {(root, split) for root, split in zip(group.tolist(), splits, strict=True) if split in ("val", "test")}
    folds = []
    for root, split in zip(group.tolist(), splits, strict=True):
        if split == "test" or (split == "val" and (root, "test") not in reached):
            folds.append("val" if split == "val" else "held")
        elif (root, "val") in reached or (root, "test") in reached:
            folds.append("dropped")
        else:
            draw = hashlib.sha256(f"{seed}/{root}".encode()).digest()
            folds.append("held" if draw[0] * 256 + draw[1] < 65536 // _HELD_IN else "train")
    return folds


def cut_picture(image: NDArray[np.uint8], kind: str, detector: FaceDetector) -> Cut | None:
    """Return the crops of one picture (uint8[H, W, 3] RGB); None for a photo (`kind` "photos") without a face.

    A picture of `kind` "faces" is one face already, of "photos" gives its largest face, of "wholes" is squeezed whole
    into the crop: the subject is the photo.
    """
    if kind == "wholes":
        squeezed = encode_crop(np.asarray(cv2.resize(image, (128, 128), interpolation=cv2.INTER_AREA), np.uint8))
        return Cut(squeezed, squeezed, aligned=False)
    if kind == "photos":
        faces = detector.detect(image)
        if not faces:
            return None
        crop = encode_crop(canonical_crop(image, faces[0].landmarks))
        return Cut(crop, crop, aligned=True)
    face, whole = crop_of_face_picture(image, detector), crop_of_face_picture(image, _Blind())
    return Cut(encode_crop(face), encode_crop(whole), aligned=not np.array_equal(face, whole))


def _cut_lots(
    sources: Iterable[Source], detector: FaceDetector
) -> Iterator[tuple[Sequence[Picture], Sequence[Cut | None]]]:
    with ThreadPoolExecutor(2) as pool:
        for source in sources:
            pictures = read(source.path, source.name)
            while lot := list(itertools.islice(pictures, _LOT)):
                yield lot, list(pool.map(_cut, lot, itertools.repeat(source.kind), itertools.repeat(detector)))


def _cut(picture: Picture, kind: str, detector: FaceDetector) -> Cut | None:
    return None if picture.image is None else cut_picture(picture.image, kind, detector)
