"""The canonical crop: the one aligned 128×128 picture of a face that is kept, judged and trained on.

Owns the landmark template and how a crop is cut and coded; refuses to know detectors' networks and classifiers' inputs.
Whatever changes a crop's pixels here must change `template.CROP_TEMPLATE`, part of every detector's fingerprint.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.core.face import Face, Landmarks
from organiser.vision.detectors import FaceDetector
from organiser.vision.template import CROP_SIZE, CROP_TEMPLATE, INNER_WINDOW

__all__ = [
    "CROP_SIZE",
    "CROP_TEMPLATE",
    "INNER_WINDOW",
    "TEMPLATE",
    "canonical_crop",
    "crop_of_face_picture",
    "crop_scale",
    "decode_crop",
    "encode_crop",
    "similarity",
]

# The five-point template commonly used to train face-recognition networks at 112×112 pixels (ArcFace,
# arXiv:1801.07698), moved 8 px to the right so that the face stands in the middle of 128 with margin below.
TEMPLATE: Final = np.array(
    [(46.2946, 51.6963), (81.5318, 51.5014), (64.0252, 71.7366), (49.5493, 92.3655), (78.7299, 92.2041)]
)

# About 4 KB a crop, rarely above 6 (361 faces of event and web photographs); optimising saves a tenth in 0.02 ms.
_JPEG_PARAMETERS: Final = (cv2.IMWRITE_JPEG_QUALITY, 85, cv2.IMWRITE_JPEG_OPTIMIZE, 1)

# How a face picture is shown to the detector. Of 48-pixel training faces and 128-pixel portraits this frame let the
# detector find 96 and 100 %; smaller frames and wider borders found fewer.
_PADDING: Final = 0.2
_CANVAS: Final = 288
_LEAST_SHARE: Final = 0.2


def canonical_crop(image: NDArray[np.uint8], landmarks: Landmarks) -> NDArray[np.uint8]:
    """Cut the crop of the face at `landmarks` from `image`.

    Args:
        image: uint8[H, W, 3] RGB, upright.
        landmarks: fractions 0–1 of the image's width and height; they may lie outside.

    Returns:
        uint8[128, 128, 3] RGB; black where the crop reaches beyond the image.
    """
    height, width = image.shape[:2]
    image, matrix = _near(image, _matrix(landmarks, width, height))
    crop = cv2.warpAffine(image, matrix, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0))
    return np.asarray(crop, np.uint8)


def similarity(points: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the float64[2, 3] turn, scale and shift that takes `points` nearest to `targets` (both [N, 2]).

    Least squares over similarities without reflection (Umeyama 1991), which in the plane is one complex division.
    """
    source, target = points @ (1, 1j), targets @ (1, 1j)
    source_mean, target_mean = source.mean(), target.mean()
    spread = np.vdot(source - source_mean, source - source_mean).real
    turn = np.vdot(source - source_mean, target - target_mean) / max(spread, 1e-12)
    shift = target_mean - turn * source_mean
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def crop_scale(landmarks: Landmarks, width: int, height: int) -> float:
    """Return how many crop pixels one pixel of an image `width` × `height` becomes; above 1 the crop is enlarged."""
    matrix = _matrix(landmarks, width, height)
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))


def crop_of_face_picture(image: NDArray[np.uint8], detector: FaceDetector) -> NDArray[np.uint8]:
    """Return the crop of a picture that already is one face (a training picture, `--cropped`), uint8[128, 128, 3].

    Aligned when the detector sees one large face; else the whole picture fills the inner window, black around it.
    """
    framed, left, top = _framed(image)
    height, width = image.shape[:2]
    faces = [face for face in detector.detect(framed) if _fills(face)]
    if len(faces) != 1:
        return _whole(image)
    frame_height, frame_width = framed.shape[:2]
    scale = (frame_width - 2 * left) / width
    points = [((x * frame_width - left) / scale, (y * frame_height - top) / scale) for x, y in faces[0].landmarks]
    first, second, third, fourth, fifth = ((x / width, y / height) for x, y in points)
    return canonical_crop(image, (first, second, third, fourth, fifth))


def encode_crop(crop: NDArray[np.uint8]) -> bytes:
    """Return `crop` (uint8[128, 128, 3] RGB) as the JPEG that is kept."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), _JPEG_PARAMETERS)
    return data.tobytes()


def decode_crop(data: bytes) -> NDArray[np.uint8]:
    """Return the uint8[128, 128, 3] RGB crop kept as `data`; ValueError when `data` is no such picture."""
    crop = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
    if crop is None or crop.shape != (CROP_SIZE, CROP_SIZE, 3):
        raise ValueError("not a canonical crop")
    return np.asarray(crop, np.uint8)


def _matrix(landmarks: Landmarks, width: int, height: int) -> NDArray[np.float64]:
    # Fractions count from the picture's edge, pixels from the first one's centre: the crop is the same at every scale.
    return similarity(np.asarray(landmarks) * (width, height) - 0.5, TEMPLATE)


def _near(image: NDArray[np.uint8], matrix: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Shrink the part of `image` that the crop shows when bilinear sampling would skip pixels of it."""
    factor = int(1 / max(np.hypot(matrix[0, 0], matrix[1, 0]), 1e-6))
    if factor < 2:
        return image, matrix
    corners = np.array([(0, 0, 1), (CROP_SIZE, 0, 1), (0, CROP_SIZE, 1), (CROP_SIZE, CROP_SIZE, 1)], np.float64)
    reached = corners @ np.asarray(cv2.invertAffineTransform(matrix), np.float64).T
    size = np.array((image.shape[1], image.shape[0]))
    start = np.clip(np.floor(reached.min(axis=0)).astype(int) - factor, 0, size - 1)
    end = np.clip(np.ceil(reached.max(axis=0)).astype(int) + factor, start + 1, size)
    # Whole blocks only, which OpenCV averages at memory speed and which keep the geometry exact.
    across, down = np.maximum((end - start) // factor, 1)
    part = image[start[1] : start[1] + down * factor, start[0] : start[0] + across * factor]
    small = np.asarray(cv2.resize(part, (int(across), int(down)), interpolation=cv2.INTER_AREA), np.uint8)
    # The centre of column i of the small part lies at column i·factor + (factor − 1) / 2 of the large one.
    left, top = start + (factor - 1) / 2
    return small, matrix @ np.array([[factor, 0, left], [0, factor, top], [0, 0, 1]], np.float64)


def _framed(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int, int]:
    """Return `image` at the size at which detectors see a face best, black around it, and its left and top in it."""
    height, width = image.shape[:2]
    scale = _CANVAS / (1 + 2 * _PADDING) / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = round(size[0] * _PADDING), round(size[1] * _PADDING)
    framed = cv2.copyMakeBorder(resized, top, top, left, left, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    return np.asarray(framed, np.uint8), left, top


def _fills(face: Face) -> bool:
    return face.box.w * face.box.h * (1 + 2 * _PADDING) ** 2 >= _LEAST_SHARE


def _whole(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    left, top, width, height = INNER_WINDOW
    shrinks = image.shape[0] > height or image.shape[1] > width
    crop = np.zeros((CROP_SIZE, CROP_SIZE, 3), np.uint8)
    crop[top : top + height, left : left + width] = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return crop
