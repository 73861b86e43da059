import subprocess
import sys
from datetime import datetime

import cv2
import numpy as np
import pytest
from PIL import Image

from organiser.core.emotion import Emotion
from organiser.core.face import Face
from organiser.core.photo import Capture, Detected, Failed, FailureKind
from organiser.vision.align import decode_crop
from organiser.vision.detectors.stub import DrawnFaces
from organiser.vision.pipeline import DetectOptions, detect, fingerprint
from organiser.vision.quality import Gate
from tests import photos
from tests.photos import HAPPY, DrawnFace

OPTIONS = DetectOptions()


def seen(path, detector=None, options=OPTIONS) -> Detected:
    found = detect(path, detector or DrawnFaces(), options)
    assert isinstance(found, Detected)
    return found


def failed(path, options=OPTIONS) -> Failed:
    found = detect(path, DrawnFaces(), options)
    assert isinstance(found, Failed)
    return found


def thumbnail_of(found: Detected):
    return cv2.imdecode(np.frombuffer(found.thumbnail, np.uint8), cv2.IMREAD_COLOR_RGB)


def test_a_photo_yields_its_faces_crops_and_capture(tmp_path):
    pair = [DrawnFace(Emotion.SAD, 0.2, 0.5, 0.3), DrawnFace(Emotion.HAPPY, 0.7, 0.5, 0.5)]
    taken = datetime(2024, 5, 6, 7, 8, 9)
    found = seen(photos.photo(tmp_path / "a.jpg", pair, taken=taken, camera=("Canon", "Canon EOS 450D")))
    assert (found.width, found.height) == (320, 240)
    assert found.capture == Capture(taken, "Canon EOS 450D")
    assert [round(face.face.box.h, 1) for face in found.faces] == [0.5, 0.3]
    assert all(face.face.quality is not None for face in found.faces)
    middles = [decode_crop(face.crop)[64, 64].astype(int) for face in found.faces]
    assert np.abs(middles[0] - (240, 220, 0)).max() < 25
    assert np.abs(middles[1] - (0, 40, 240)).max() < 25


def test_a_photo_without_faces_is_seen_and_not_failed(tmp_path):
    found = seen(photos.photo(tmp_path / "a.jpg"))
    assert found.faces == ()
    assert found.thumbnail


@pytest.mark.parametrize("orientation", range(1, 9))
def test_faces_are_the_same_whichever_way_the_camera_was_held(tmp_path, orientation):
    face = DrawnFace(x=0.3, y=0.4, height=0.25)
    (detected,) = seen(photos.photo(tmp_path / "a.jpg", [face], orientation=orientation, size=(1200, 900))).faces
    assert detected.face.box.x + detected.face.box.w / 2 == pytest.approx(0.3, abs=0.01)
    assert detected.face.box.y + detected.face.box.h / 2 == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize(("size", "expected"), [((1600, 800), (256, 128)), ((30, 20), (30, 20)), ((9, 2000), (1, 256))])
def test_the_thumbnail_is_the_whole_picture_small(tmp_path, size, expected):
    assert thumbnail_of(seen(photos.photo(tmp_path / "a.jpg", size=size))).shape[1::-1] == expected


def test_box_sizes_are_of_the_full_picture_though_it_was_decoded_smaller(tmp_path):
    path = photos.photo(tmp_path / "a.jpg", [DrawnFace(height=0.5)], size=(4096, 2048))
    found = seen(path)
    assert (found.width, found.height) == (4096, 2048)
    assert found.faces[0].face.quality.size == pytest.approx(0.4 * 2048, rel=0.02)


def test_a_small_face_in_a_large_jpeg_is_cut_from_a_larger_decode(tmp_path, portrait, yunet):
    scale = 440 / portrait.shape[0]
    small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.full((2048, 4096, 3), 128, np.uint8)
    canvas[800:1240, 1600:2040] = small
    path = photos.save(Image.fromarray(canvas), tmp_path / "a.jpg")
    reduced = cv2.resize(canvas, (1024, 512), interpolation=cv2.INTER_AREA)
    photos.save(Image.fromarray(reduced), tmp_path / "b.png")
    (close,), (far,) = seen(path, yunet).faces, seen(tmp_path / "b.png", yunet).faces
    assert close.face.quality.sharpness > 2 * far.face.quality.sharpness


def test_a_face_the_gate_refuses_is_kept_with_its_reason(tmp_path):
    path = photos.photo(tmp_path / "a.jpg", [HAPPY])
    (detected,) = seen(path, options=DetectOptions(gate=Gate(size=500))).faces
    assert detected.face.quality.reason == "small"
    assert detected.crop


def test_a_real_face_is_seen(tmp_path, portrait, yunet):
    (detected,) = seen(photos.save(Image.fromarray(portrait), tmp_path / "a.png"), yunet).faces
    assert detected.face.score > 0.9
    assert detected.face.quality.reason is None
    assert decode_crop(detected.crop)[40:90, 40:90].mean() > 90


def test_what_is_kept_is_the_same_every_time(tmp_path, portrait, yunet):
    path = photos.save(Image.fromarray(portrait), tmp_path / "a.jpg")
    assert seen(path, yunet) == seen(path, yunet)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (photos.empty, FailureKind.EMPTY),
        (photos.not_a_picture, FailureKind.NOT_A_PICTURE),
        (photos.truncated, FailureKind.TRUNCATED),
        (photos.huge_header, FailureKind.TOO_LARGE),
    ],
)
def test_a_bad_file_is_a_value_with_its_kind_and_reason(tmp_path, make, kind):
    found = failed(make(tmp_path / "a.jpg"))
    assert found.kind is kind
    assert found.reason
    assert not found.kind.transient


def test_a_file_above_the_byte_limit_is_not_read(tmp_path):
    path = photos.photo(tmp_path / "a.jpg")
    assert failed(path, DetectOptions(max_bytes=100)).kind is FailureKind.TOO_LARGE


def test_a_file_that_is_gone_may_come_back(tmp_path):
    assert failed(tmp_path / "a.jpg").kind is FailureKind.VANISHED


class Exhausted:
    """A detector on a machine that has no memory left."""

    fingerprint = "exhausted"

    def detect(self, image) -> list[Face]:
        raise MemoryError


def test_want_of_memory_is_the_machines_failure(tmp_path):
    found = detect(photos.photo(tmp_path / "a.jpg"), Exhausted(), OPTIONS)
    assert isinstance(found, Failed)
    assert found.kind is FailureKind.MACHINE


def test_the_fingerprint_changes_with_detector_and_gate():
    prints = {fingerprint("a", OPTIONS), fingerprint("b", OPTIONS), fingerprint("a", DetectOptions(gate=Gate(size=1)))}
    assert len(prints) == 3
    assert fingerprint("a", DetectOptions(max_bytes=1)) == fingerprint("a", OPTIONS)


@pytest.mark.parametrize("module", ["bundle", "classifiers", "detectors", "batching", "template"])
def test_contracts_are_imported_without_their_heavy_parts(module):
    heavy = "{'cv2', 'PIL', 'numpy', 'onnxruntime', 'ai_edge_litert'}"
    code = f"import sys, organiser.vision.{module}; sys.exit(str({heavy} & set(sys.modules) or ''))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() in ("", "set()")
