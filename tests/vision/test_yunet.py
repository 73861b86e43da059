from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from organiser.core.face import Box
from organiser.vision.detectors import onnx_shapes, yunet_network
from organiser.vision.detectors.yunet import YuNet, YuNetOptions, fingerprint


def on_canvas(picture, width, height, left, top):
    canvas = np.full((height, width, 3), 128, np.uint8)
    canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return canvas


def face_box(portrait, yunet):
    return yunet.detect(portrait)[0].box


def opencv_faces(image, path):
    detector = cv2.FaceDetectorYN_create(str(path), "", (image.shape[1], image.shape[0]), 0.5, 0.3, 5000)
    return detector.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]


def test_the_decoded_faces_are_opencvs(portrait, tmp_path):
    path = tmp_path / "yunet.onnx"
    path.write_bytes(yunet_network._file())
    image = np.hstack([portrait, portrait[:, ::-1]])[:480]
    theirs = opencv_faces(image, path)
    whole = YuNet(YuNetOptions(afar=5000, glance=5000, attend=0))
    ours = whole.detect(image)
    assert len(theirs) == len(ours) == 2
    for row in theirs:
        x, y, w, h = row[:4]
        box = Box(x / 1024, y / 480, w / 1024, h / 480)
        face = max(ours, key=lambda our: our.box.overlap(box))
        assert face.box.overlap(box) > 0.98
        assert face.score == pytest.approx(row[14], abs=0.01)
        assert np.allclose(np.array(face.landmarks) * (1024, 480), row[4:14].reshape(5, 2), atol=0.5)


def test_a_network_freed_of_its_size_answers_as_before():
    model = yunet_network._file()
    planes = np.random.default_rng(0).uniform(0, 255, (1, 3, 640, 640)).astype(np.float32)
    fixed, free = (
        yunet_network.runtime()
        .InferenceSession(network, providers=["CPUExecutionProvider"])
        .run(None, {"input": planes})
        for network in (model, onnx_shapes.free_height_and_width(model))
    )
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(fixed, free, strict=True))


def test_a_file_that_is_no_network_is_refused():
    with pytest.raises(ValueError, match="protobuf"):
        onnx_shapes.free_height_and_width(b"\x3f" * 20)


@pytest.mark.parametrize("width", [16, 20, 32, 70, 200])
def test_small_faces_in_a_large_picture_are_found(portrait, yunet, width):
    scale = width / (face_box(portrait, yunet).w * 512)
    small = cv2.resize(portrait[:260, 80:380], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    faces = yunet.detect(on_canvas(small, 1024, 768, 300, 100))
    assert len(faces) == 1
    assert faces[0].box.w * 1024 == pytest.approx(width, rel=0.3)


@pytest.mark.parametrize("longest", [200, 1024, 3000])
@pytest.mark.parametrize("around", [0.0, 0.3])
def test_a_face_that_fills_the_picture_is_found(portrait, yunet, longest, around):
    x, y, w, h = face_box(portrait, yunet).to_pixels(512, 512)
    out = int(h * around)
    near = portrait[max(y - out, 0) : y + h + out, x - out : x + w + out]
    scale = longest / max(near.shape[:2])
    faces = yunet.detect(cv2.resize(near, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR))
    assert len(faces) == 1
    assert faces[0].box.w * faces[0].box.h > 0.2


def test_a_large_and_a_small_face_in_one_picture_are_both_found(portrait, yunet):
    large = cv2.resize(portrait[20:200, 130:310], (900, 900), interpolation=cv2.INTER_LINEAR)
    small = cv2.resize(portrait, (110, 110), interpolation=cv2.INTER_AREA)
    image = np.full((900, 1200, 3), 128, np.uint8)
    image[:, :900] = large
    image[600:710, 1000:1110] = small
    faces = [face for face in yunet.detect(image) if face.score > 0.7]
    assert len(faces) == 2
    assert faces[0].box.w > 5 * faces[1].box.w


@pytest.mark.parametrize("side", [110, 300])
def test_a_face_that_fills_the_picture_is_as_exact_beside_a_small_one(portrait, yunet, side):
    x, y, w, h = face_box(portrait, yunet).to_pixels(512, 512)
    large = cv2.resize(portrait[y : y + h, x : x + w], (900, 900), interpolation=cv2.INTER_LINEAR)
    small = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    alone = yunet.detect(on_canvas(large, 1200, 900, 0, 0))
    both = yunet.detect(np.hstack([large, on_canvas(small, 300, 900, 0, 300)]))
    assert len(both) == 2
    assert both[0].box.overlap(alone[0].box) > 0.9


def test_a_face_well_seen_at_a_glance_takes_one_pass(portrait, monkeypatch):
    sizes = []
    forward = yunet_network.Network.forward

    def counted(network, image, least):
        sizes.append(image.shape[:2])
        return forward(network, image, least)

    monkeypatch.setattr(yunet_network.Network, "forward", counted)
    near = cv2.resize(portrait[:256, 92:348], (512, 512), interpolation=cv2.INTER_LINEAR)
    assert len(YuNet().detect(near)) == 1
    assert sizes == [(512, 512)]


def test_boxes_lie_inside_the_picture_and_come_by_area(portrait, yunet):
    cut = portrait[:, 215:]  # the picture's edge runs through the face
    image = np.hstack([cut, cv2.resize(portrait, (256, 512))])
    faces = yunet.detect(image)
    assert len(faces) == 2
    for face in faces:
        assert face.box.x >= 0
        assert face.box.y >= 0
        assert face.box.x + face.box.w <= 1 + 1e-9
        assert face.box.y + face.box.h <= 1 + 1e-9
    areas = [face.box.w * face.box.h for face in faces]
    assert areas == sorted(areas, reverse=True)


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (31, 33), (448, 448)])
def test_the_oddest_shapes_have_no_faces_and_raise_nothing(yunet, size):
    assert yunet.detect(np.full((*size, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("width", [40, 90, 250])
def test_a_tilted_head_is_seen_to_be_tilted_whatever_its_size(portrait, yunet, width):
    def tilt(degrees):
        turned = cv2.warpAffine(portrait, cv2.getRotationMatrix2D((220, 110), degrees, 1), (512, 512))
        side = round(512 * width / 90)
        found = yunet.detect(cv2.resize(turned, (side, side), interpolation=cv2.INTER_AREA))
        (right_x, right_y), (left_x, left_y), *_ = found[0].landmarks
        return np.degrees(np.arctan2(right_y - left_y, left_x - right_x))

    assert tilt(20) - tilt(-20) > 0.5 * 40


def test_threads_may_share_the_detector(portrait):
    fresh = YuNet()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(fresh.detect, [portrait] * 8))
    assert len(answers[0]) == 1
    assert all(answer == answers[0] for answer in answers)


def test_the_fingerprint_changes_with_every_setting():
    options = [YuNetOptions(), YuNetOptions(score=0.7), YuNetOptions(close=1280), YuNetOptions(attend=0)]
    assert len({fingerprint(option) for option in options}) == len(options)
    assert YuNet().fingerprint == fingerprint() == YuNet(YuNetOptions()).fingerprint
