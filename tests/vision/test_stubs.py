import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from organiser.core.emotion import Emotion, top
from organiser.vision.align import canonical_crop, decode_crop, encode_crop
from organiser.vision.bundle import load
from organiser.vision.classifiers.stub import DrawnEmotions, write_stub_bundle
from organiser.vision.detectors.stub import DrawnFaces
from organiser.vision.drawn import COLOURS
from tests.photos import DrawnFace, scene

PLACE = st.floats(0.2, 0.8)


def classifier(folder, **how) -> DrawnEmotions:
    return DrawnEmotions(load(write_stub_bundle(folder / "stub", **how)))


@settings(max_examples=25)
@given(st.sampled_from(list(COLOURS)), PLACE, PLACE, st.floats(0.1, 0.35))
def test_a_drawn_face_is_found_where_it_was_drawn(emotion, x, y, height):
    image = np.asarray(scene(320, 240, [DrawnFace(emotion, x, y, height)]))
    (face,) = DrawnFaces().detect(image)
    assert face.box.x + face.box.w / 2 == pytest.approx(x, abs=0.01)
    assert face.box.y + face.box.h / 2 == pytest.approx(y, abs=0.01)
    assert face.box.h == pytest.approx(height, abs=0.02)


def test_drawn_faces_come_by_area_and_grey_pictures_have_none():
    pair = [DrawnFace(Emotion.SAD, 0.2, 0.5, 0.2), DrawnFace(Emotion.HAPPY, 0.7, 0.5, 0.4)]
    faces = DrawnFaces().detect(np.asarray(scene(faces=pair)))
    assert [round(face.box.h, 1) for face in faces] == [0.4, 0.2]
    assert DrawnFaces().detect(np.asarray(scene())) == []


@pytest.mark.parametrize("emotion", COLOURS)
@pytest.mark.parametrize("height", [0.1, 0.4])
def test_a_kept_crop_of_a_drawn_face_is_read_as_its_emotion(tmp_path, emotion, height):
    image = np.asarray(scene(faces=[DrawnFace(emotion, height=height)]))
    crop = canonical_crop(image, DrawnFaces().detect(image)[0].landmarks)
    stub = classifier(tmp_path)
    (row,) = stub.predict([decode_crop(encode_crop(crop))])
    answer, probability = top(dict(zip(stub.spec.labels, row.tolist(), strict=True)))
    assert answer is emotion
    assert probability > 0.8


def test_a_picture_without_colour_says_nothing(tmp_path):
    rows = classifier(tmp_path).predict(np.full((2, 128, 128, 3), 90, np.uint8))
    assert np.allclose(rows, 1 / len(COLOURS))


def test_a_higher_temperature_makes_the_stub_less_sure(tmp_path):
    crop = np.full((1, 128, 128, 3), COLOURS[Emotion.HAPPY], np.uint8)
    sure, unsure = (classifier(tmp_path / str(t), temperature=t).predict(crop).max() for t in (1.0, 10.0))
    assert unsure < sure


def test_a_stub_may_know_few_emotions_and_whole_photos(tmp_path):
    stub = classifier(tmp_path, subject="photo", labels=[Emotion.HAPPY, Emotion.SAD])
    thumbnail = np.asarray(scene(256, 171, [DrawnFace(Emotion.SAD)]))
    assert stub.spec.subject == "photo"
    assert stub.predict([thumbnail]).argmax() == 1
