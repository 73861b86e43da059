"""Exported corrections are what the training package reads."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from organiser.core.emotion import Emotion
from organiser.core.face import Box, Face, Quality
from organiser.core.judging.correction import Correction
from organiser.core.photo import Capture, Detected, PhotoId, SeenFace
from organiser.index.db.engine import Index, open_engine, writing
from organiser.index.db.upgrade import upgrade
from organiser.index.tables import corrections, library, results
from organiser.jobs.corrections.export_corrections import export
from organiser.training.data.corrections import read_corrections
from organiser.vision.align import encode_crop
from tests.rows import add_photo, add_root

_LEFT, _RIGHT = Box(0.1, 0.1, 0.2, 0.3), Box(0.6, 0.1, 0.2, 0.3)
_LANDMARKS = ((0.3, 0.3), (0.4, 0.3), (0.35, 0.35), (0.32, 0.4), (0.38, 0.4))


@pytest.fixture
def engine(sqlite_url: str) -> Index:
    engine = open_engine(sqlite_url)
    upgrade(engine)
    return engine


def _crop(level: int) -> bytes:
    return encode_crop(np.full((128, 128, 3), level, np.uint8))


def _detected(*boxes: Box) -> Detected:
    seen = tuple(
        SeenFace(Face(box, _LANDMARKS, 0.9, Quality(80.0, 99.0)), _crop(40 * number))
        for number, box in enumerate(boxes, 1)
    )
    thumbnail = cv2.imencode(".jpg", np.zeros((192, 256, 3), np.uint8))[1].tobytes()
    return Detected(640, 480, Capture(), seen, thumbnail)


def _seen(engine: Index, name: str, *boxes: Box) -> PhotoId:
    with writing(engine) as tx:
        photo = add_photo(tx, add_root(tx), name)
        results.record_detections(tx, "yunet", {photo: _detected(*boxes)}, now=1, keep_crops=True)
    return photo


def _say(engine: Index, photo: PhotoId, emotion: Emotion | None, box: Box | None = None, verb: str = "is") -> None:
    with writing(engine) as tx:
        corrections.record(tx, Correction(photo, box, verb, emotion, "me", 5.0))


def test_training_reads_the_crops_byte_for_byte(engine: Index, tmp_path: Path) -> None:
    pair, single = _seen(engine, "pair.jpg", _LEFT, _RIGHT), _seen(engine, "single.jpg", _LEFT)
    _say(engine, pair, Emotion.FEAR, _RIGHT)
    _say(engine, single, Emotion.SAD)
    done = export(engine, tmp_path / "set")
    assert (done.faces, done.photos, done.cropless, done.unlabelled) == (2, 0, 0, 0)
    prepared = read_corrections(tmp_path / "set")
    assert {(row.label, row.digest) for row in prepared.rows} == {
        ("fear", hashlib.sha256(_crop(80)).hexdigest()),
        ("sad", hashlib.sha256(_crop(40)).hexdigest()),
    }


def test_thumbnails_lie_where_training_on_faces_does_not_look(engine: Index, tmp_path: Path) -> None:
    group, single = _seen(engine, "group.jpg", _LEFT, _RIGHT), _seen(engine, "single.jpg", _LEFT)
    _say(engine, group, Emotion.HAPPY)
    _say(engine, single, Emotion.SAD)
    export(engine, tmp_path / "set")
    assert [row.label for row in read_corrections(tmp_path / "set").rows] == ["sad"]
    assert [path.parent.name for path in (tmp_path / "set" / "photos").glob("*/*.jpg")] == ["happy"]


def test_a_face_seen_again_a_little_elsewhere_is_the_same_face(engine: Index, tmp_path: Path) -> None:
    photo = _seen(engine, "pair.jpg", _LEFT, _RIGHT)
    _say(engine, photo, Emotion.FEAR, _LEFT)
    with writing(engine) as tx:
        results.record_detections(
            tx, "yunet-2", {photo: _detected(_RIGHT, Box(0.12, 0.1, 0.2, 0.3))}, now=2, keep_crops=True
        )
    export(engine, tmp_path / "set")
    (row,) = read_corrections(tmp_path / "set").rows
    assert (row.label, row.digest) == ("fear", hashlib.sha256(_crop(80)).hexdigest())


def test_what_is_no_label_or_has_no_picture_is_counted(engine: Index, tmp_path: Path) -> None:
    photo = _seen(engine, "pair.jpg", _LEFT, _RIGHT)
    _say(engine, photo, None)
    _say(engine, photo, Emotion.SAD, _LEFT, "is_not")
    _say(engine, photo, Emotion.SAD, Box(0.4, 0.7, 0.1, 0.1))
    done = export(engine, tmp_path / "set")
    assert (done.faces, done.photos, done.cropless, done.unlabelled) == (0, 0, 1, 2)


def test_a_forgotten_photo_leaves_the_next_export(engine: Index, tmp_path: Path) -> None:
    photo = _seen(engine, "single.jpg", _LEFT)
    _say(engine, photo, Emotion.SAD)
    export(engine, tmp_path / "set")
    with writing(engine) as tx:
        library.forget_photos(tx, [photo])
    export(engine, tmp_path / "set")
    assert list((tmp_path / "set").rglob("*.jpg")) == []
