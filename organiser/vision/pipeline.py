"""The detect step's eye: one picture file in, its faces with their crops out. Never raises for a bad file.

Owns the order of decoding, detecting, aligning and gating; knows neither rows nor classifiers.
"""

import os
from dataclasses import astuple, dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.core.face import Face
from organiser.core.photo import Detected, Failed, FailureKind, SeenFace
from organiser.errors import DecodeError
from organiser.vision.align import canonical_crop, crop_scale, encode_crop
from organiser.vision.decoding.decode import Decoded, decode
from organiser.vision.decoding.source import read
from organiser.vision.detectors import FaceDetector
from organiser.vision.memory import out_of_memory
from organiser.vision.quality import Gate, measure
from organiser.vision.resize import resized, within
from organiser.vision.template import THUMBNAIL_SIZE

_LEAST: Final = 960
"""Longest side that detection needs; at 1024 the commonest 12-megapixel sizes would just miss a quarter's scale."""

_MOST_ENLARGED: Final = 2.0
"""Where crop pixels per image pixel exceed this for the largest face, the picture is worth decoding again, larger."""

_THUMBNAIL_PARAMETERS: Final = (cv2.IMWRITE_JPEG_QUALITY, 80)


@dataclass(frozen=True, slots=True)
class DetectOptions:
    """What is refused unseen and which faces are judged.

    Attributes:
        max_bytes: of a file.
        max_pixels: of a picture, as its header claims.
        gate: the least a face must have to be judged.
    """

    max_bytes: int = 256_000_000
    max_pixels: int = 200_000_000
    gate: Gate = field(default_factory=Gate)


def fingerprint(detector: str, options: DetectOptions) -> str:
    """Return a short text that differs whenever looking at the same file could yield other faces, crops or reasons."""
    return f"{detector}:{'/'.join(str(value) for value in astuple(options.gate))}"


def use_one_thread() -> None:
    """Keep OpenCV to this thread: where every core has a process of its own, more threads only take turns."""
    cv2.setNumThreads(1)


def detect(path: str | os.PathLike[str], detector: FaceDetector, options: DetectOptions) -> Detected | Failed:
    """Return what is seen in the picture file at `path`, or why nothing could be."""
    data = read(path, options.max_bytes)
    return data if isinstance(data, Failed) else detect_content(data, detector, options)


def detect_content(data: bytes, detector: FaceDetector, options: DetectOptions) -> Detected | Failed:
    """Return what is seen in a picture file with these bytes, or why nothing could be."""
    try:
        return _detect(data, detector, options)
    except DecodeError as error:
        return Failed(FailureKind(error.kind), error.reason)
    except Exception as error:
        if out_of_memory(error):
            return Failed(FailureKind.MACHINE, "not enough memory for this picture")
        raise


def _detect(data: bytes, detector: FaceDetector, options: DetectOptions) -> Detected:
    decoded = decode(data, least=_LEAST, max_pixels=options.max_pixels)
    faces = detector.detect(decoded.image)
    closer = _closer(decoded, faces, data, options)
    seen = tuple(_see(face, closer, options.gate) for face in faces)
    return Detected(decoded.width, decoded.height, decoded.capture, seen, _thumbnail(decoded.image))


def _see(face: Face, decoded: Decoded, gate: Gate) -> SeenFace:
    crop = canonical_crop(decoded.image, face.landmarks)
    quality = measure(face, crop, decoded.width, decoded.height, gate)
    return SeenFace(Face(face.box, face.landmarks, face.score, quality), encode_crop(crop))


def _closer(decoded: Decoded, faces: list[Face], data: bytes, options: DetectOptions) -> Decoded:
    """Decode again, larger, when even the largest face is so small that its crop would be mostly made up.

    A larger decode costs as much again as the first; where one face is well seen, small ones beside it weigh little.
    """
    height, width = decoded.image.shape[:2]
    if not faces or max(width, height) >= max(decoded.width, decoded.height):
        return decoded
    scale = crop_scale(faces[0].landmarks, width, height)
    if scale <= _MOST_ENLARGED:
        return decoded
    wanted = min(round(max(width, height) * scale / _MOST_ENLARGED), max(decoded.width, decoded.height))
    return decode(data, least=wanted, max_pixels=options.max_pixels)


def _thumbnail(image: NDArray[np.uint8]) -> bytes:
    small = resized(image, *within(image.shape[1], image.shape[0], THUMBNAIL_SIZE))
    return cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), _THUMBNAIL_PARAMETERS)[1].tobytes()
