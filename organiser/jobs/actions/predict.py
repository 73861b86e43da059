"""Reading pictures without any index: path in, verdict out, in the order asked for. Records nothing anywhere.

The same pipeline, crops and fold as a scan, so a picture is told the same as when it is in the library. Pictures are
looked at one by one and classified together, a chunk at a time.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from organiser.core.emotion import Probabilities, top
from organiser.core.face import WHOLE, Box
from organiser.core.judging.legible import illegible, sight_of
from organiser.core.judging.verdict import Policy, ReadFace, Reason, Verdict, fold
from organiser.core.photo import Detected, Failed, FailureKind
from organiser.errors import DecodeError
from organiser.files.names import PICTURE_EXTENSIONS, extension, is_junk
from organiser.formats.table import HEAD_BYTES, picture_kind
from organiser.regular_files import open_regular
from organiser.vision import pipeline
from organiser.vision.align import crop_of_face_picture, decode_crop, encode_crop
from organiser.vision.classifiers import Classifier, decode_kept
from organiser.vision.decoding.decode import decode
from organiser.vision.decoding.source import read
from organiser.vision.detectors import FaceDetector
from organiser.vision.pipeline import DetectOptions

_CHUNK = 32
_LEAST_SIDE = 512
"""A face picture larger than this is decoded at a reduced scale; its crop has 128 pixels."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """What reads: the parts a scan would use, and whether every picture is one face crop already."""

    detector: FaceDetector
    classifier: Classifier
    policy: Policy
    options: DetectOptions
    cropped: bool = False


@dataclass(frozen=True, slots=True)
class FaceAnswer:
    """A face, or with models of whole photos the picture, and what was found.

    Attributes:
        too_poor: why what was read of it does not count, or None when it does.
        probabilities: None where it was too poor to be read at all.
    """

    box: Box
    score: float
    too_poor: str | None
    probabilities: Probabilities | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a picture appears to show, or why it could not be read; the size in pixels of the upright picture."""

    path: str
    width: int | None
    height: int | None
    verdict: Verdict | None
    faces: tuple[FaceAnswer, ...] = ()
    failed: Failed | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is judged of a picture and where; `picture` uint8[H, W, 3] RGB, None where it is too poor to be read."""

    box: Box
    score: float
    too_poor: str | None
    picture: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A picture looked at: what is told of it, each with the picture that is judged, or None."""

    path: str
    width: int
    height: int
    faces: tuple["_Subject", ...]


def predict(paths: Iterable[str], predictor: Predictor) -> Iterator[Prediction]:
    """Read pictures, and the pictures below folders, in the order given (below a folder by name)."""
    files = (file for path in paths for file in pictures_at(path))
    while chunk := list(islice(files, _CHUNK)):
        seen = [_detect(path, predictor) for path in chunk]
        yield from _judge(seen, predictor)


def pictures_at(path: str) -> Iterator[str]:
    """Yield `path`, or when it is a folder the pictures below it by name; junk and other files are left out."""
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not is_junk(name))
        yield from (os.path.join(folder, name) for name in sorted(names) if _may_be_picture(folder, name))


def _may_be_picture(folder: str, name: str) -> bool:
    if is_junk(name):
        return False
    ending = extension(name)
    if ending is not None:
        return ending in PICTURE_EXTENSIONS
    try:
        with open_regular(os.path.join(folder, name)) as file:
            return picture_kind(file.read(HEAD_BYTES)) is not None
    except OSError:
        return False


def _detect(path: str, predictor: Predictor) -> _Seen | tuple[str, Failed]:
    if predictor.cropped and predictor.classifier.spec.subject == "face":
        return _detect_in_crop(path, predictor)
    found = pipeline.detect(path, predictor.detector, predictor.options)
    if isinstance(found, Failed):
        return path, found
    return _Seen(path, found.width, found.height, tuple(_subjects(found, predictor)))


def _subjects(found: Detected, predictor: Predictor) -> Iterator[_Subject]:
    if predictor.classifier.spec.subject == "photo":
        yield _Subject(WHOLE, 1.0, None, decode_kept(found.thumbnail))
        return
    for face in found.faces:
        gate = face.face.quality.reason if face.face.quality else None
        sight = sight_of(face.face, found.width, found.height)
        poor = gate or illegible(sight, predictor.policy.legible)
        yield _Subject(face.face.box, face.face.score, poor, None if gate else decode_kept(face.crop))


def _detect_in_crop(path: str, predictor: Predictor) -> _Seen | tuple[str, Failed]:
    """Take the whole picture for one face; what is judged went through the JPEG that a scan would keep."""
    data = read(path, predictor.options.max_bytes)
    if isinstance(data, Failed):
        return path, data
    try:
        decoded = decode(data, least=_LEAST_SIDE, max_pixels=predictor.options.max_pixels)
    except DecodeError as error:
        return path, Failed(FailureKind(error.kind), error.reason)
    crop = decode_crop(encode_crop(crop_of_face_picture(decoded.image, predictor.detector)))
    return _Seen(path, decoded.width, decoded.height, (_Subject(WHOLE, 1.0, None, crop),))


def _judge(chunk: Sequence[_Seen | tuple[str, Failed]], predictor: Predictor) -> Iterator[Prediction]:
    subjects = (subject for seen in chunk if isinstance(seen, _Seen) for subject in seen.faces)
    crops = [subject.picture for subject in subjects if subject.picture is not None]
    table = iter(predictor.classifier.predict(crops).tolist() if crops else ())
    labels = predictor.classifier.spec.labels

    def answer(subject: _Subject) -> FaceAnswer:
        probabilities = None if subject.picture is None else dict(zip(labels, next(table), strict=True))
        return FaceAnswer(subject.box, subject.score, subject.too_poor, probabilities)

    for seen in chunk:
        if isinstance(seen, _Seen):
            faces = tuple(answer(subject) for subject in seen.faces)
            yield Prediction(seen.path, seen.width, seen.height, _fold(faces, predictor.policy), faces)
        else:
            path, failed = seen
            yield Prediction(path, None, None, None, failed=failed)


def _fold(faces: Sequence[FaceAnswer], policy: Policy) -> Verdict:
    read = [
        ReadFace(face.box, face.probabilities)
        for face in faces
        if face.probabilities is not None and face.too_poor is None
    ]
    return fold(read, (), policy, faces=len(faces))


def as_json(prediction: Prediction, model: str) -> dict[str, object]:
    """Return the documented JSON object, schema 1, of a prediction."""
    verdict = prediction.verdict
    status = "failed" if prediction.failed else "no_face" if verdict and verdict.reason is Reason.NO_FACE else "ok"
    return {
        "schema": 1,
        "path": prediction.path,
        "status": status,
        "error": None if prediction.failed is None else f"{prediction.failed.kind}: {prediction.failed.reason}",
        "width": prediction.width,
        "height": prediction.height,
        "emotion": verdict.emotion if verdict else None,
        "confidence": _rounded(verdict.confidence if verdict else None),
        "reason": verdict.reason if verdict else None,
        "model": model,
        "faces": [_face(face, prediction.width or 1, prediction.height or 1) for face in prediction.faces],
    }


def _face(answer: FaceAnswer, width: int, height: int) -> dict[str, object]:
    probabilities = answer.probabilities
    return {
        "box": list(answer.box.to_pixels(width, height)),
        "score": _rounded(answer.score),
        "too_poor": answer.too_poor,
        "emotion": None if probabilities is None else top(probabilities)[0],
        "probabilities": None if probabilities is None else {key: _rounded(it) for key, it in probabilities.items()},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
