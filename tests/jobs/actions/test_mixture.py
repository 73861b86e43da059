"""The library's mixture: estimated from stored predictions, part of the policy while it is kept, gone when dropped."""

from pathlib import Path

import numpy as np
import pytest

from organiser.core.emotion import Emotion
from organiser.core.face import Box, Face, Quality
from organiser.core.library.reconcile import FoundFile
from organiser.core.photo import Capture, Detected, PhotoId, SeenFace
from organiser.errors import Permanent
from organiser.index.db.engine import reading, writing
from organiser.index.tables import library as photo_rows
from organiser.index.tables import results, roots
from organiser.jobs.actions import mixture, reclassify
from organiser.jobs.steps import classify
from organiser.vision.bundle import load
from organiser.vision.classifiers.stub import write_stub_bundle
from tests.jobs.library import Library

LABELS = (Emotion.HAPPY, Emotion.SAD, Emotion.NEUTRAL)
SUPPORTS = {Emotion.HAPPY: 100, Emotion.SAD: 100, Emotion.NEUTRAL: 200}


@pytest.fixture
def calibrated(library: Library) -> Library:
    """A library whose model says what mixture it was calibrated on."""
    report = {label: {"support": count} for label, count in SUPPORTS.items()}
    metrics = {"validation": {"report": report}}
    folder = write_stub_bundle(library.home / "told", version="told", labels=LABELS, metrics=metrics)
    reclassify.activate(library.services, str(folder))
    return library


def _draw(rng: np.random.Generator, shares: list[float], count: int) -> np.ndarray:
    """Return probabilities of `count` faces of a mixture, as a model calibrated on `SUPPORTS` gives them."""
    classes = rng.choice(3, count, p=shares)
    seen = rng.normal(0, 1, (count, 3)) + 1.5 * np.eye(3)[classes]
    odds = np.exp(1.5 * seen) * np.array([0.25, 0.25, 0.5])
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def _judged(library: Library, read: np.ndarray, size: float = 100.0) -> list[PhotoId]:
    """Put a photo of one face for each row of probabilities into the index, judged."""
    landmarks = ((0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.6), (0.58, 0.6))
    face = Face(Box(0.3, 0.3, 0.4, 0.4), landmarks, 0.9, Quality(size, 100.0))
    seen = Detected(512, 512, Capture(), (SeenFace(face, b""),), b"")
    services, model = library.services, library.services.model()
    with writing(services.engine) as tx:
        root = roots.add(tx, f"/nowhere/{size}", library.now)
        found = [FoundFile(f"{number}.jpg", 1, 1, 1, number + 1) for number in range(len(read))]
        files = photo_rows.insert_files(tx, root, found)
        digests = [(key, row, f"{size:032}{row.inode:032x}") for key, row in zip(files, found, strict=True)]
        ids = photo_rows.identify(tx, digests, library.now)
        kept = results.record_detections(
            tx, services.detector_fingerprint, dict.fromkeys(ids, seen), library.now, keep_crops=False
        )
        faces = [row for row in kept if row.subject == "face"]
        results.record_predictions(tx, model.id, [row.id for row in faces], read, "stub")
        predictions = results.predictions_of(tx, model.id, ids)
        classify.record_folded(tx, services.policy, model, kept, predictions, library.now)
    return ids


def _emotions(library: Library, ids: list[PhotoId]) -> dict[PhotoId, Emotion | None]:
    with reading(library.services.engine) as tx:
        return results.emotions_of(tx, ids)


def test_a_kept_mixture_folds_every_photo_anew_and_leaves_what_is_stored(calibrated: Library) -> None:
    read = _draw(np.random.default_rng(1), [0.7, 0.02, 0.28], 400)
    ids = _judged(calibrated, read)
    before = _emotions(calibrated, ids)
    assert reclassify.count_stale(calibrated.services) == 0
    found = mixture.estimate(calibrated.services)
    assert (found.faces, found.model) == (400, "stub@told")
    assert found.shares[Emotion.SAD] < 0.1
    assert found.shares[Emotion.HAPPY] > 0.5
    assert mixture.stored(calibrated.services) is None
    mixture.keep(calibrated.services, found)
    assert reclassify.count_stale(calibrated.services) == 400
    planned = reclassify.plan(calibrated.services)
    assert (planned.faces, planned.compared, len(planned.flips) > 0) == (0, 400, True)
    calibrated.run(reclassify.messages(calibrated.services, ""))
    after = _emotions(calibrated, ids)
    assert {flip.photo_id: flip.after for flip in planned.flips} == {
        key: after[key] for key in ids if after[key] != before[key]
    }
    assert list(after.values()).count(Emotion.SAD) < list(before.values()).count(Emotion.SAD)
    assert mixture.estimate(calibrated.services) == found
    mixture.keep(calibrated.services, None)
    calibrated.run(reclassify.messages(calibrated.services, ""))
    assert _emotions(calibrated, ids) == before


def test_faces_that_do_not_count_say_nothing_of_the_library(calibrated: Library) -> None:
    _judged(calibrated, _draw(np.random.default_rng(2), [0.1, 0.8, 0.1], 300), size=10.0)
    with pytest.raises(Permanent, match="0 faces are too few"):
        mixture.estimate(calibrated.services)


def test_a_model_that_does_not_tell_its_mixture_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="stub@1 does not say how common"):
        mixture.estimate(library.services)
    partly = {"validation": {"report": {"happy": {"support": 3}, "sad": "many"}}}
    bundle = load(write_stub_bundle(tmp_path / "partly", labels=LABELS, metrics=partly))
    assert bundle.manifest.mixture == {}
