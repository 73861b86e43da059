import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from organiser.vision import align
from organiser.vision.align import TEMPLATE, canonical_crop, crop_of_face_picture, crop_scale, similarity
from organiser.vision.template import CROP_SIZE, INNER_WINDOW


def landmarks_at(scale=1.0, turn=0.0, left=0.0, top=0.0, size=(400, 300)):
    """Landmarks, as fractions of `size`, of a face that stands like the template, scaled, turned and moved."""
    spin = scale * np.exp(1j * turn)
    points = (TEMPLATE @ (1, 1j)) * spin + complex(left, top)
    return tuple(((p.real + 0.5) / size[0], (p.imag + 0.5) / size[1]) for p in points)


@given(st.floats(0.1, 10), st.floats(-3, 3), st.floats(-500, 500), st.floats(-500, 500))
def test_the_similarity_that_moved_the_points_is_found(scale, turn, left, top):
    moved = TEMPLATE @ (1, 1j) * scale * np.exp(1j * turn) + complex(left, top)
    matrix = similarity(np.column_stack((moved.real, moved.imag)), TEMPLATE)
    back = np.column_stack((moved.real, moved.imag, np.ones(5))) @ matrix.T
    assert np.allclose(back, TEMPLATE, atol=1e-6)


@given(st.lists(st.tuples(st.floats(0, 99), st.floats(0, 99)), min_size=5, max_size=5))
def test_a_similarity_never_mirrors_or_shears(points):
    matrix = similarity(np.array(points), TEMPLATE)
    assert matrix[0, 0] == matrix[1, 1]
    assert matrix[0, 1] == -matrix[1, 0]


def test_a_face_that_stands_like_the_template_is_cut_out_unchanged():
    image = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    crop = canonical_crop(image, landmarks_at(left=100, top=50))
    assert np.abs(crop.astype(int) - image[50 : 50 + CROP_SIZE, 100 : 100 + CROP_SIZE]).max() <= 1


def test_what_lies_outside_the_picture_is_black():
    image = np.full((300, 400, 3), 255, np.uint8)
    crop = canonical_crop(image, landmarks_at(left=-64))
    assert crop[:, :63].max() == 0
    assert crop[:, 66:].min() == 255


def test_landmarks_in_one_point_give_a_crop_and_no_error():
    image = np.full((30, 40, 3), 255, np.uint8)
    assert canonical_crop(image, ((0.5, 0.5),) * 5).shape == (CROP_SIZE, CROP_SIZE, 3)


@pytest.mark.parametrize("factor", [2, 3, 5, 8])
def test_the_crop_is_the_same_from_a_larger_decode(portrait, yunet, factor):
    points = yunet.detect(portrait)[0].landmarks
    larger = cv2.resize(portrait, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    small, large = (canonical_crop(image, points).mean(axis=2) for image in (portrait, larger))
    moved, _ = cv2.phaseCorrelate(small, large)
    assert np.hypot(*moved) < 0.1
    assert np.abs(small - large).mean() < 3


def test_fine_patterns_are_averaged_not_skipped():
    stripes = np.zeros((1280, 1280, 3), np.uint8)
    stripes[:, ::2] = 200
    crop = canonical_crop(stripes, landmarks_at(scale=8.7, size=(1280, 1280)))
    assert np.abs(crop[10:-10, 10:-10].astype(int) - 100).max() <= 3


def test_the_scale_says_how_much_a_crop_is_enlarged():
    assert crop_scale(landmarks_at(scale=0.25), 400, 300) == pytest.approx(4)


def test_a_crop_survives_its_coding(portrait, yunet):
    crop = canonical_crop(portrait, yunet.detect(portrait)[0].landmarks)
    data = align.encode_crop(crop)
    assert len(data) < 6_200
    assert np.abs(align.decode_crop(data).astype(int) - crop).mean() < 4
    assert align.encode_crop(crop) == data


@pytest.mark.parametrize(
    "data", [b"", b"no picture", cv2.imencode(".jpg", np.zeros((64, 64, 3), np.uint8))[1].tobytes()]
)
def test_what_is_no_crop_is_refused(data):
    with pytest.raises(ValueError, match="canonical crop"):
        align.decode_crop(data)


@pytest.mark.parametrize("side", [48, 128, 400])
def test_a_picture_of_one_face_is_aligned_like_the_same_face_in_a_photo(portrait, yunet, side):
    face = yunet.detect(portrait)[0]
    x, y, w, h = face.box.to_pixels(512, 512)
    near = portrait[max(y - h // 8, 0) : y + h, x - w // 6 : x + w + w // 6]
    crop = crop_of_face_picture(cv2.resize(near, (side, side * near.shape[0] // near.shape[1])), yunet)
    expected = canonical_crop(portrait, face.landmarks)
    left, top, width, height = INNER_WINDOW
    middle = slice(top + 16, top + height - 16), slice(left + 16, left + width - 16)
    a, b = (image[middle].mean(axis=2) for image in (crop, expected))
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.7


@pytest.mark.parametrize("shape", [(48, 48), (200, 120), (5, 300)])
def test_a_picture_without_a_face_fills_the_inner_window(yunet, shape):
    crop = crop_of_face_picture(np.full((*shape, 3), 200, np.uint8), yunet)
    left, top, width, height = INNER_WINDOW
    inner = crop[top : top + height, left : left + width]
    assert crop.shape == (CROP_SIZE, CROP_SIZE, 3)
    assert inner.min() == 200
    assert crop.sum() == inner.sum()
