"""From a picture file to what the organiser would keep of it, by the organiser's own functions.

A crop prepared for training thus is the crop served, byte for byte. Knows neither labels nor splits.
"""

import tempfile
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from organiser.core.face import Face
from organiser.core.photo import Detected, Failed
from organiser.errors import DecodeError
from organiser.training.data.sources import Picture
from organiser.vision.align import crop_of_face_picture, encode_crop
from organiser.vision.decoding.decode import decode
from organiser.vision.detectors import FaceDetector
from organiser.vision.pipeline import DetectOptions, detect

_LEAST_SIDE: Final = 512
"""At which longest side a face picture is decoded; `organiser predict --cropped` does the same."""


class Kind(StrEnum):
    """What the pictures of a set show, and what they are for.

    CHOOSING are faces with labels that choices are made on and nothing is ever learned from; UNLABELLED are photos
    or cut-outs of photos whose largest face a teacher answers for.
    """

    FACES = "faces"
    CHOOSING = "choosing"
    UNLABELLED = "unlabelled"
    PHOTOS = "photos"
    WHOLES = "wholes"

    @property
    def subject(self) -> str:
        """Of which subject bundles trained on such a set are: a photo's largest face, or the photo itself."""
        return "photo" if self is Kind.WHOLES else "face"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why nothing is kept of a picture: a `FailureKind`, or "no_face" for a photo without a face to judge."""

    reason: str


@dataclass(frozen=True, slots=True)
class Cut:
    """What is kept of one picture.

    Attributes:
        crop, whole: JPEGs of the aligned and the unaligned framing; of a whole photo both are its thumbnail.
        aligned: a face was found.
        picture: uint8[H, W, 3] RGB, the picture itself, perhaps reduced; duplicates are told by it.
    """

    crop: bytes
    whole: bytes
    aligned: bool
    picture: NDArray[np.uint8]


class _Blind:
    """A detector that sees nothing: gives a face picture the framing it has when no face is found."""

    fingerprint = "blind"

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:  # noqa: ARG002 - it sees nothing
        return []


def cut_picture(picture: Picture, kind: Kind, detector: FaceDetector) -> Cut | LeftOut:
    """Return what is kept of one picture, or why nothing is."""
    try:
        image = decode(picture.data, least=_LEAST_SIDE, max_pixels=DetectOptions().max_pixels).image
    except DecodeError as error:
        return LeftOut(error.kind)
    if kind in (Kind.FACES, Kind.CHOOSING):
        face, whole = crop_of_face_picture(image, detector), crop_of_face_picture(image, _Blind())
        return Cut(encode_crop(face), encode_crop(whole), not np.array_equal(face, whole), image)
    detected = look_at(picture.data, detector)
    if isinstance(detected, Failed):
        return LeftOut(detected.kind)
    if kind is Kind.WHOLES:
        return Cut(detected.thumbnail, detected.thumbnail, aligned=False, picture=image)
    for seen in detected.faces:
        # A teacher answers for poor faces too: what cannot be read is also to be learned.
        if kind is Kind.UNLABELLED or seen.face.quality is None or seen.face.quality.reason is None:
            return Cut(seen.crop, seen.crop, aligned=True, picture=image)
    return LeftOut("no_face")


def look_at(data: bytes, detector: FaceDetector) -> Detected | Failed:
    """Return what the organiser sees in a photo of these bytes."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return detect(file.name, detector, DetectOptions())
