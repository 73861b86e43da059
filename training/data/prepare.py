"""`prepare`: from raw sets to a prepared set of canonical crops, split by duplicate group, leaks refused or repaired.

Faces are found and aligned by the functions the organiser serves with, so a crop prepared is the crop served, byte
for byte. A set that is there is replaced only by a complete one, and stays when it is what is asked for. Knows sources,
duplicates and the prepared format; refuses to know targets and networks.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.apart import crops_of_photos, twins
from organiser.training.data.crops import Cut, Kind, LeftOut, cut_picture
from organiser.training.data.duplicates import Prints, fingerprint, groups, join, leaks
from organiser.training.data.left_out import LeftOutPictures
from organiser.training.data.prepared import Row, verified
from organiser.training.data.sources import CHOOSING_ONLY, Picture, content_digest, read, with_copies
from organiser.training.data.splits import Leaking, assign_folds, with_unlabelled
from organiser.training.data.votes import FER2013, Votes
from organiser.training.data.writer import Writer, writing
from organiser.training.reports.contact_sheet import contact_sheet
from organiser.vision.classifiers import decode_kept
from organiser.vision.detectors import FaceDetector
from organiser.vision.template import CROP_TEMPLATE, THUMBNAIL_TEMPLATE

_LOT: Final = 256
_RULES: Final = 1
"""Must change with whatever gives the same pictures other rows or crops: duplicates, folds, framing."""


@dataclass(frozen=True, slots=True)
class Source:
    """A set to prepare: its name, where it is, what its pictures show, and whether to add a copy of each."""

    name: str
    path: Path
    kind: Kind = Kind.FACES
    copies: bool = False


@dataclass(slots=True)
class _Seen:
    """What reading the sources has given so far.

    Attributes:
        pictures: those kept, without their bytes.
        aligned: whether a face was found in each.
        prints: fingerprints, by lots.
        left_out: the pictures that nothing is kept of.
        unlabelled: fingerprints of the crops of faces without a label, by lots.
    """

    pictures: list[Picture] = field(default_factory=list)
    aligned: list[bool] = field(default_factory=list)
    prints: list[Prints] = field(default_factory=list)
    left_out: LeftOutPictures = field(default_factory=LeftOutPictures)
    unlabelled: list[Prints] = field(default_factory=list)


def prepare(
    sources: Sequence[Source],
    votes: Votes,
    folder: Path,
    detector: FaceDetector,
    *,
    leaking: Leaking = Leaking.REFUSE,
    apart: Sequence[Path] = (),
    seed: int = 0,
    note: Callable[[str], None] = print,
) -> None:
    """Write the prepared set of `sources` to `folder`; do nothing when that very set is there and unaltered.

    Args:
        apart: photos to measure by; unlabelled faces that are also in them are dropped.

    Raises:
        Permanent: near-duplicates lie in different splits and are to be refused, faces and photos are mixed, a source
            is missing, broken or without pictures, a set for choosing only is named among others, or the votes belong
            to none of the pictures.
        Transient: another process is preparing a set there.
    """
    _require_choosing(sources)
    subjects = {source.kind.subject for source in sources}
    if len(subjects) != 1:
        raise Permanent("a prepared set holds either faces or whole photos", "name at least one: --faces NAME=PATH")
    asked = {
        "rules": _RULES,
        "template": THUMBNAIL_TEMPLATE if "photo" in subjects else CROP_TEMPLATE,
        "detector": detector.fingerprint,
        "sources": [[source.name, source.kind, source.copies, content_digest(source.path)] for source in sources],
        "votes": votes.digest,
        "seed": seed,
        "leaking": leaking,
        **({"apart": [content_digest(path) for path in apart]} if apart else {}),
    }
    with writing(folder) as writer:
        if _is_there(folder, asked):
            note(f"{folder} is complete and holds just this; nothing to do")
            return
        seen = _write_crops(sources, detector, writer, note)
        twin = _twins(seen, apart, detector)
        rows, found = _rows(seen, twin, votes, leaking, seed)
        about = {
            "template": asked["template"],
            "detector": asked["detector"],
            "seed": seed,
            "sources": {source.name: source.kind for source in sources},
            **found,
            **({"apart": int(twin.sum())} if apart else {}),
            "leaking": leaking,
            "left_out": seen.left_out.as_json(),
            "asked": asked,
        }
        writer.complete(rows, about)
        contact_sheet(writer.folder)
        writer.publish()
    note(
        f"{len(rows)} faces in {folder}; {found['duplicates']} duplicates, {found['leaks']} leaks ({leaking}), "
        f"{found['voted']} with votes"
    )
    for line in seen.left_out.lines():
        note(line)


def _is_there(folder: Path, asked: Mapping[str, Any]) -> bool:
    try:
        return bool(verified(folder).get("asked") == asked)
    except Permanent:
        return False


def _require_choosing(sources: Sequence[Source]) -> None:
    for source in sources:
        if source.name in CHOOSING_ONLY and source.kind is not Kind.CHOOSING:
            raise Permanent(
                f"{source.name} is for choosing only, never learned from", f"--choosing {source.name}={source.path}"
            )


def _twins(seen: _Seen, apart: Sequence[Path], detector: FaceDetector) -> NDArray[np.bool_]:
    """Return bool[N]: which of the unlabelled faces seen are also in the photos kept apart."""
    found = np.zeros(len(seen.pictures), np.bool_)
    if apart and seen.unlabelled:
        crops = [crop for path in apart for crop in crops_of_photos(path, detector)]
        found[[not picture.label for picture in seen.pictures]] = twins(seen.unlabelled, crops)
    return found


def _rows(
    seen: _Seen, twin: NDArray[np.bool_], votes: Votes, leaking: Leaking, seed: int
) -> tuple[list[Row], dict[str, int]]:
    """Return the rows of what was seen, with their folds, and the counts of duplicates, leaks and voted faces."""
    prints = join(seen.prints)
    group = groups(prints)
    splits = [picture.split for picture in seen.pictures]
    leaked = leaks(group, splits)
    if leaked and leaking is Leaking.REFUSE:
        first, other = (seen.pictures[index].name for index in leaked[0])
        what = f"{len(leaked)} near-duplicates across splits, first {first} and {other}"
        raise Permanent(what, "repair them with --leaks repair")
    counted = _count_votes(seen.pictures, votes)
    drawn = assign_folds(group, splits, seed, leaking)
    folds = with_unlabelled(drawn, group, [picture.label for picture in seen.pictures], twin)
    columns = zip(seen.pictures, folds, group.tolist(), seen.aligned, counted, prints.exact, strict=True)
    rows = [
        Row(p.source, p.name, p.label, fold, root, int(found), given, digest)
        for p, fold, root, found, given, digest in columns
    ]
    duplicates = len(rows) - len(np.unique(group))
    return rows, {"duplicates": duplicates, "leaks": len(leaked), "voted": sum(map(bool, counted))}


def _count_votes(pictures: Sequence[Picture], votes: Votes) -> list[str]:
    """Return every picture's votes, joined by spaces, or ""."""
    counted = [" ".join(map(str, votes.of(picture))) for picture in pictures]
    if votes.digest and not any(counted):
        raise Permanent(
            "the votes belong to none of the pictures", f"votes go to the set named {FER2013}: --faces {FER2013}=PATH"
        )
    return counted


def _write_crops(
    sources: Sequence[Source], detector: FaceDetector, writer: Writer, note: Callable[[str], None]
) -> _Seen:
    """Write every picture's crops and return what was seen."""
    seen = _Seen()
    for source in sources:
        before = len(seen.pictures)
        for lot, made in _cut_lots(source, detector):
            _take(lot, made, writer, seen)
            if source.kind is Kind.UNLABELLED and (cuts := [cut for cut in made if isinstance(cut, Cut)]):
                seen.unlabelled.append(fingerprint([decode_kept(cut.crop) for cut in cuts]))
            note(f"{len(seen.pictures)} faces, {sum(seen.aligned)} aligned")
        if len(seen.pictures) == before:
            lines = "; ".join(seen.left_out.lines())
            raise Permanent(
                f"no pictures in {source.path}" + (f": {lines}" if lines else ""),
                "a set is a CSV of FER2013, or a tar or folder of [split/]label/picture",
            )
    return seen


def _take(lot: Sequence[Picture], made: Sequence[Cut | LeftOut], writer: Writer, seen: _Seen) -> None:
    images: list[NDArray[np.uint8]] = []
    for picture, cut in zip(lot, made, strict=True):
        if isinstance(cut, LeftOut):
            seen.left_out.add(picture.source, cut.reason, picture.name)
            continue
        writer.add(cut.crop, cut.whole)
        seen.pictures.append(replace(picture, data=b""))
        seen.aligned.append(cut.aligned)
        images.append(cut.picture)
    if images:
        seen.prints.append(fingerprint(images))


def _cut_lots(source: Source, detector: FaceDetector) -> Iterator[tuple[Sequence[Picture], Sequence[Cut | LeftOut]]]:
    pictures = read(source.path, source.name)
    if source.copies:
        pictures = with_copies(pictures)
    if source.kind is Kind.CHOOSING:
        pictures = (replace(picture, split="val") for picture in pictures)
    elif source.kind is Kind.UNLABELLED:
        pictures = (replace(picture, split="", label="") for picture in pictures)
    with ThreadPoolExecutor(2) as pool:
        while lot := list(itertools.islice(pictures, _LOT)):
            yield lot, list(pool.map(cut_picture, lot, itertools.repeat(source.kind), itertools.repeat(detector)))
