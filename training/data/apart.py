"""Faces that stay out of training because they are to measure by: those of photos an album is labelled on.

A face cut from a photo is no near-duplicate of the photo; its crop is one of the crop that the organiser keeps of that
face. Owns finding such twins; what becomes of them is `organiser.training.data.prepare`'s.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organiser.core.photo import Failed
from organiser.errors import Permanent
from organiser.training.data.crops import look_at
from organiser.training.data.duplicates import Prints, fingerprint, groups, join
from organiser.training.data.sources import read
from organiser.vision.classifiers import decode_kept
from organiser.vision.detectors import FaceDetector


def crops_of_photos(path: Path, detector: FaceDetector) -> list[NDArray[np.uint8]]:
    """Return the crops, uint8[128, 128, 3], of every face in the photos of a tar or folder.

    Raises:
        Permanent: there is nothing at `path`, or no face.
    """
    crops = [crop for picture in read(path, "apart") for crop in _crops(picture.data, detector)]
    if not crops:
        raise Permanent(f"{path}: no face to keep apart", "name photos in folders: [split/]label/picture")
    return crops


def twins(crops: Sequence[Prints], apart: Sequence[NDArray[np.uint8]]) -> NDArray[np.bool_]:
    """Return bool[N]: which crops are near-duplicates of one of `apart`.

    Args:
        crops: fingerprints of N crops, by lots.
        apart: crops as `crops_of_photos` returns them.
    """
    group = groups(join([fingerprint(apart), *crops]))
    # A group is named by its first member, and those kept apart come first.
    return np.asarray(group[len(apart) :] < len(apart), np.bool_)


def _crops(data: bytes, detector: FaceDetector) -> Iterator[NDArray[np.uint8]]:
    looked = look_at(data, detector)
    if not isinstance(looked, Failed):
        for seen in looked.faces:
            yield decode_kept(seen.crop)
