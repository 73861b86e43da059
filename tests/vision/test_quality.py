import cv2
import numpy as np
import pytest

from organiser.core.face import Box, Face
from organiser.vision.align import canonical_crop
from organiser.vision.detectors.stub import DrawnFaces
from organiser.vision.quality import Gate, measure
from tests.photos import HAPPY, scene


@pytest.fixture
def face(portrait, yunet) -> Face:
    return yunet.detect(portrait)[0]


def test_a_clear_face_passes(portrait, face):
    quality = measure(face, canonical_crop(portrait, face.landmarks), 512, 512, Gate())
    assert quality.reason is None
    assert quality.size == pytest.approx(min(face.box.w, face.box.h) * 512)
    assert quality.sharpness > 100


def test_size_is_counted_in_pixels_of_the_full_picture():
    small = Face(Box(0.5, 0.5, 0.01, 0.02), ((0.5, 0.5),) * 5, 0.9)
    crop = np.random.default_rng(0).integers(0, 255, (128, 128, 3), np.uint8)
    assert measure(small, crop, 1000, 1000, Gate()).reason == "small"
    assert measure(small, crop, 4000, 3000, Gate()).reason is None


def test_a_face_out_of_focus_is_blurred(portrait, face):
    crop = canonical_crop(cv2.GaussianBlur(portrait, (0, 0), 40), face.landmarks)
    assert measure(face, crop, 512, 512, Gate()).reason == "blurred"


def test_a_face_the_detector_doubts_is_weak(portrait, face):
    doubted = Face(face.box, face.landmarks, 0.55)
    assert measure(doubted, canonical_crop(portrait, face.landmarks), 512, 512, Gate()).reason == "weak"


def test_drawn_faces_pass():
    image = np.asarray(scene(faces=[HAPPY]))
    (found,) = DrawnFaces().detect(image)
    assert measure(found, canonical_crop(image, found.landmarks), 320, 240, Gate()).reason is None
