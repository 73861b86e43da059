"""An album to measure by: how right the happy and the sad collection are, on photos whose faces were labelled.

The photos are looked at, read and folded as a scan would. Owns what the labels mean and the figures;
`training/groups/README.md` says how the labels came about.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from organiser.core.emotion import Emotion, Probabilities, top
from organiser.core.face import Box
from organiser.core.judging.legible import illegible, sight_of
from organiser.core.judging.mixture import Mixture, rebalanced
from organiser.core.judging.verdict import Opinion, Policy, Verdict, judge
from organiser.core.photo import Detected, SeenFace
from organiser.errors import Permanent
from organiser.training.evaluate.predictor import Predictor
from organiser.vision.align import decode_crop
from organiser.vision.detectors import FaceDetector
from organiser.vision.mixture import settled
from organiser.vision.pipeline import DetectOptions, detect

HEIGHTS: Final = ((36, 48), (48, 72), (72, 120), (120, 1 << 30))
COLLECTIONS: Final = (Emotion.HAPPY, Emotion.SAD)
LABELS: Final = ("happy", "sad", "neither", "cannot")
_SAME_FACE: Final = 0.5
_STEP: Final = 0.05


@dataclass(frozen=True, slots=True)
class Labelled:
    """A face somebody looked at: its box, its height in pixels of the picture, one of `LABELS` and a note or ""."""

    box: Box
    height: int
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class AlbumPhoto:
    """A photo of the album, looked at and read.

    Attributes:
        name: path below the album's folder.
        digest: sha256 of the file, hexadecimal.
        faces: those the detector found, with what was read of each; None where the gate let it not be read.
        labels: what was said of its faces.
        size: width and height in pixels.
    """

    name: str
    digest: str
    faces: tuple[tuple[SeenFace, Probabilities | None], ...]
    labels: tuple[Labelled, ...]
    size: tuple[int, int]

    @property
    def chooses(self) -> bool:
        """Whether thresholds may be chosen on it: an even first digit of its digest. The others only report."""
        return int(self.digest[0], 16) % 2 == 0


def read_labels(file: Path) -> dict[str, tuple[str, list[Labelled]]]:
    """Return digest and labelled faces by file name.

    Raises:
        Permanent: the file cannot be read, lacks a column or has a label that is not one of `LABELS`.
    """
    found: dict[str, tuple[str, list[Labelled]]] = {}
    try:
        with file.open(newline="") as text:
            for row in csv.DictReader(text):
                box = Box(*(float(row[side]) for side in "xywh"))
                if row["label"] not in LABELS:
                    raise Permanent(f"{file}: unknown label {row['label']!r}", f"one of {', '.join(LABELS)}")
                face = Labelled(box, int(row["height"]), row["label"], row["note"])
                found.setdefault(row["file"], (row["sha256"], []))[1].append(face)
    except OSError as error:
        raise Permanent(f"{file}: {error.strerror or error}") from error
    except (KeyError, ValueError) as error:
        raise Permanent(f"{file}: {error}", "expected the columns file,sha256,x,y,w,h,height,label,note") from error
    return found


def truth(labels: Iterable[Labelled], *, others: bool) -> str:
    """Return what a photo shows: happy, sad, mixed, neither or unclear.

    Args:
        others: whether there are faces that nobody labelled.
    """
    labels = list(labels)
    shown = {face.label for face in labels}
    if {"happy", "sad"} <= shown:
        return "mixed"
    for label in ("happy", "sad", "neither"):
        if label in shown:
            return label
    unclear = others or any(face.note != "no_face" for face in labels)
    return "unclear" if unclear else "neither"


def read_album(
    folder: Path, labels: dict[str, tuple[str, list[Labelled]]], predictor: Predictor, detector: FaceDetector
) -> list[AlbumPhoto]:
    """Look at the pictures below `folder` and read their faces; files that are no pictures are left out.

    Raises:
        Permanent: a labelled photo is not there or is another file.
    """
    photos = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if name in labels and labels[name][0] != digest:
            raise Permanent(f"{path}: not the file that was labelled", "its sha256 differs")
        found = detect(path, detector, DetectOptions())
        if isinstance(found, Detected):
            mine = tuple(labels[name][1]) if name in labels else ()
            photos.append(AlbumPhoto(name, digest, _read(found, predictor), mine, (found.width, found.height)))
    if missing := labels.keys() - {photo.name for photo in photos}:
        raise Permanent(f"{folder}: {len(missing)} labelled photos are not there, e.g. {min(missing)}")
    return photos


def _read(found: Detected, predictor: Predictor) -> tuple[tuple[SeenFace, Probabilities | None], ...]:
    gated = [bool(seen.face.quality and seen.face.quality.reason) for seen in found.faces]
    crops = [decode_crop(seen.crop) for seen, gate in zip(found.faces, gated, strict=True) if not gate]
    rows = iter(predictor.predict(np.stack(crops)).tolist() if crops else ())
    emotions = [Emotion(label) for label in predictor.labels]
    return tuple(
        (seen, None if gate else dict(zip(emotions, next(rows), strict=True)))
        for seen, gate in zip(found.faces, gated, strict=True)
    )


def with_own_mixture(
    photos: Sequence[AlbumPhoto], policy: Policy, learned: Mixture
) -> tuple[list[AlbumPhoto], Mixture]:
    """Return the photos with what was read rebalanced to the mixture of their own faces, and that mixture.

    Args:
        learned: what the model was calibrated on, an emotion each of those it knows.
    """
    counted = [
        [read[emotion] for emotion in learned]
        for photo in photos
        for seen, read in photo.faces
        if read is not None and _counts(photo, seen, policy)
    ]
    shares = settled(np.array(counted, np.float32).reshape(-1, len(learned)), np.array(list(learned.values())))
    own = dict(zip(learned, shares.tolist(), strict=True))
    return [replace(photo, faces=_rebalanced(photo, learned, own)) for photo in photos], own


def _rebalanced(photo: AlbumPhoto, learned: Mixture, own: Mixture) -> tuple[tuple[SeenFace, Probabilities | None], ...]:
    return tuple((seen, None if read is None else rebalanced(read, learned, own)) for seen, read in photo.faces)


def verdict(photo: AlbumPhoto, policy: Policy) -> Verdict:
    """Return the photo's verdict as a scan would give it."""
    opinions = [
        Opinion(seen.face.box.w * seen.face.box.h, read)
        for seen, read in photo.faces
        if read is not None and _counts(photo, seen, policy)
    ]
    return judge(opinions, policy, faces=len(photo.faces))


def _counts(photo: AlbumPhoto, seen: SeenFace, policy: Policy) -> bool:
    return illegible(sight_of(seen.face, *photo.size), policy.legible) is None


def shows(photo: AlbumPhoto) -> str:
    """Return what the photo shows, by its labels: happy, sad, mixed, neither or unclear."""
    others = any(_label_of(photo, seen) is None for seen, _ in photo.faces)
    return truth(photo.labels, others=others)


def measure(photos: Sequence[AlbumPhoto], policy: Policy) -> dict[str, Any]:
    """Return the figures of the happy and of the sad collection, by photo and by height of the face.

    Each has `placed`, how many of these are `right`, `unclear` and `wrong`, how many there are to be found (`there`),
    `precision` (right of placed) and `recall` (right of there); None where nothing was placed or is there.
    """
    answers = [(verdict(photo, policy).emotion, shows(photo)) for photo in photos]
    faces = [each for photo in photos for each in _faces(photo, policy)]
    return {
        "photos": len(photos),
        "by_photo": _figures(answers),
        "by_height": {
            f"{low}-{high}" if high < 1 << 30 else f"{low}-": _figures(
                [(answer, label) for height, answer, label in faces if low <= height < high]
            )
            for low, high in HEIGHTS
        },
    }


def _faces(photo: AlbumPhoto, policy: Policy) -> Iterable[tuple[int, Emotion | None, str]]:
    """Yield height, answer and label of each labelled face."""
    for seen, read in photo.faces:
        label = _label_of(photo, seen)
        if label is None:
            continue
        answer = None
        if read is not None and _counts(photo, seen, policy):
            emotion, probability = top(read)
            answer = emotion if probability >= policy.least(emotion) else None
        shown = "unclear" if label.label == "cannot" and label.note != "no_face" else label.label
        yield label.height, answer, "neither" if label.note == "no_face" else shown


def _label_of(photo: AlbumPhoto, seen: SeenFace) -> Labelled | None:
    near = max(photo.labels, key=lambda label: label.box.overlap(seen.face.box), default=None)
    return near if near is not None and near.box.overlap(seen.face.box) >= _SAME_FACE else None


def _figures(answers: Sequence[tuple[Emotion | None, str]]) -> dict[str, dict[str, Any]]:
    result = {}
    for emotion in COLLECTIONS:
        shown = Counter(label for answer, label in answers if answer is emotion)
        placed, there = shown.total(), sum(label == emotion for _, label in answers)
        right, unclear = shown[emotion], shown["unclear"]
        result[str(emotion)] = {
            "placed": placed,
            "right": right,
            "unclear": unclear,
            "wrong": placed - right - unclear,
            "there": there,
            "precision": right / placed if placed else None,
            "recall": right / there if there else None,
        }
    return result


def choose(photos: Sequence[AlbumPhoto], policy: Policy, emotion: Emotion, precision: float) -> float | None:
    """Return the least threshold of `emotion`, in steps of 0.05, at which its collection is as right; None if none is.

    Only photos that may choose are asked (`AlbumPhoto.chooses`). A threshold at which nothing is placed does not count.
    """
    asked = [photo for photo in photos if photo.chooses]
    for step in range(round(0.3 / _STEP), round(1 / _STEP)):
        threshold = round(step * _STEP, 2)
        tried = replace(policy, thresholds={**policy.thresholds, emotion: threshold})
        figures = _figures([(verdict(photo, tried).emotion, shows(photo)) for photo in asked])[emotion]
        if figures["precision"] is not None and figures["precision"] >= precision:
            return threshold
    return None


def with_overrides(policy: Policy, pairs: Iterable[str]) -> Policy:
    """Return `policy` with `KEY=VALUE` pairs applied: threshold, an emotion, size, sharpness, score or frontal.

    Raises:
        Permanent: a pair has no such form, key or number.
    """
    for pair in pairs:
        key, _, text = pair.partition("=")
        try:
            value = float(text)
            if key == "threshold":
                policy = replace(policy, threshold=value)
            elif key in ("size", "sharpness", "score", "frontal"):
                policy = replace(policy, legible=replace(policy.legible, **{key: value}))
            else:
                policy = replace(policy, thresholds={**policy.thresholds, Emotion(key): value})
        except ValueError as error:
            raise Permanent(f"--policy {pair}: {error}", "e.g. sad=0.7, threshold=0.5 or frontal=0") from error
    return policy
