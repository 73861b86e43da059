"""`prepare`: from raw sets to a prepared set of canonical crops, split by duplicate group, leaks refused or repaired.

Faces are found and aligned by the functions the organiser serves with, so a crop prepared is the crop served, byte
for byte. Knows sources, duplicates and the prepared format; refuses to know targets and networks.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from organiser.errors import Permanent
from organiser.vision.detectors import FaceDetector
from organiser.vision.template import CROP_TEMPLATE, THUMBNAIL_TEMPLATE
from training.cutting import Cut, Kind, cut_picture
from training.duplicates import Prints, fingerprint, groups, join, leaks
from training.folds import Leaking, assign_folds
from training.prepared import Row, Writer
from training.sheet import contact_sheet
from training.sources import Picture, read, with_copies

_LOT: Final = 256


@dataclass(frozen=True, slots=True)
class Source:
    """A set to prepare: its name, where it is, what its pictures show, and whether to add a copy of each."""

    name: str
    path: Path
    kind: Kind = Kind.FACES
    copies: bool = False


def prepare(
    sources: Sequence[Source],
    votes: Mapping[str, tuple[int, ...]],
    folder: Path,
    detector: FaceDetector,
    *,
    leaking: Leaking = Leaking.REFUSE,
    seed: int = 0,
    note: Callable[[str], None] = print,
) -> None:
    """Write the prepared set of `sources` to `folder`.

    Raises:
        Permanent: near-duplicates lie in different splits and are to be refused, or faces and photos are mixed.
    """
    subjects = {source.kind.subject for source in sources}
    if len(subjects) != 1:
        raise Permanent("a prepared set holds either faces or whole photos")
    with Writer(folder) as writer:
        pictures, aligned, prints = _write_crops(sources, detector, writer, note)
        group = groups(prints)
        splits = [picture.split for picture in pictures]
        leaked = leaks(group, splits)
        if leaked and leaking is Leaking.REFUSE:
            one, other = (pictures[index].name for index in leaked[0])
            what = f"{len(leaked)} near-duplicates across splits, first {one} and {other}"
            raise Permanent(what, "repair them with --leaks repair")
        folds = assign_folds(group, splits, seed, leaking)
        rows = [
            Row(p.source, p.name, p.label, fold, root, int(found), _votes_of(p, votes), digest)
            for p, fold, root, found, digest in zip(pictures, folds, group.tolist(), aligned, prints.exact, strict=True)
        ]
        about = {
            "template": THUMBNAIL_TEMPLATE if "photo" in subjects else CROP_TEMPLATE,
            "detector": detector.fingerprint,
            "seed": seed,
            "sources": {source.name: source.kind for source in sources},
            "duplicates": len(rows) - len(np.unique(group)),
            "leaks": len(leaked),
            "leaking": leaking,
        }
        writer.complete(rows, about)
    contact_sheet(folder)
    note(f"{len(rows)} faces in {folder}; {about['duplicates']} duplicates, {len(leaked)} leaks ({leaking})")


def _write_crops(
    sources: Sequence[Source], detector: FaceDetector, writer: Writer, note: Callable[[str], None]
) -> tuple[list[Picture], list[bool], Prints]:
    """Write every picture's crops; return the pictures (without pixels), whether aligned, and their fingerprints."""
    pictures: list[Picture] = []
    aligned: list[bool] = []
    prints: list[Prints] = []
    for lot, made in _cut_lots(sources, detector):
        kept = [(p, cut) for p, cut in zip(lot, made, strict=True) if cut is not None]
        for _, cut in kept:
            writer.add(cut.crop, cut.whole)
        aligned += [cut.aligned for _, cut in kept]
        if kept:
            prints.append(fingerprint([cut.picture for _, cut in kept]))
        pictures += [replace(p, data=b"") for p, _ in kept]
        note(f"{len(pictures)} faces, {sum(aligned)} aligned")
    if not pictures:
        raise Permanent("no pictures in " + ", ".join(str(source.path) for source in sources))
    return pictures, aligned, join(prints)


def _votes_of(picture: Picture, votes: Mapping[str, tuple[int, ...]]) -> str:
    return " ".join(map(str, votes.get(Path(picture.name).name, ())))


def _cut_lots(
    sources: Iterable[Source], detector: FaceDetector
) -> Iterator[tuple[Sequence[Picture], Sequence[Cut | None]]]:
    with ThreadPoolExecutor(2) as pool:
        for source in sources:
            pictures = read(source.path, source.name)
            if source.copies:
                pictures = with_copies(pictures)
            while lot := list(itertools.islice(pictures, _LOT)):
                yield lot, list(pool.map(cut_picture, lot, itertools.repeat(source.kind), itertools.repeat(detector)))
