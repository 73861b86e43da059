"""Results and what is due: outcomes make photos done, fingerprints make them due again."""

import math

import numpy as np

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.verdict import Reason, Verdict
from organiser.core.photo import Failed, FailureKind
from organiser.index.db.engine import Index, Transaction, reading, writing
from organiser.index.tables import failures, library, models, results
from organiser.index.tables.results import StoredVerdict
from organiser.index.work import due
from tests.rows import add_photo, add_root, detected, found

_BOX = Box(0.1, 0.1, 0.2, 0.2)


def _model(tx: Transaction) -> int:
    return models.add(tx, "test", "1", "d1", "face", ["happy", "sad"], "/bundle", now=1.0)


def test_a_photo_is_due_until_it_was_looked_at(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        seen, bad, new = (add_photo(tx, root, name) for name in ("a.jpg", "b.jpg", "c.jpg"))
        failed = Failed(FailureKind.TRUNCATED, "cut off")
        results.record_detections(tx, "yunet-1", {seen: detected(_BOX), bad: failed}, now=5, keep_crops=True)
        assert due.to_detect(tx, "yunet-1", now=6) == [new]
        assert due.to_detect(tx, "yunet-2", now=6) == [seen, bad, new]
        assert due.count_to_detect(tx, "yunet-1", now=6) == 1


def test_a_transient_failure_is_due_again_after_its_wait(index: Index) -> None:
    with writing(index) as tx:
        photo = add_photo(tx, add_root(tx), "a.jpg")
        failures.record(tx, "detect", [(photo, None, Failed(FailureKind.UNREADABLE, "I/O error"))], now=100)
        (failure,) = failures.every(tx)
        assert failure.path == "/photos/a.jpg"
        assert failure.retry_at is not None
        assert due.to_detect(tx, "yunet", now=failure.retry_at - 1) == []
        assert due.to_detect(tx, "yunet", now=failure.retry_at + 1) == [photo]


def test_each_failure_waits_longer_than_the_last(index: Index) -> None:
    with writing(index) as tx:
        photo = add_photo(tx, add_root(tx), "a.jpg")
        waits = []
        for _ in range(3):
            failures.record(tx, "detect", [(photo, None, Failed(FailureKind.MACHINE, "no memory"))], now=0)
            (failure,) = failures.every(tx)
            waits.append(failure.retry_at)
        assert failure.attempts == 3
        assert waits == sorted(set(waits))


def test_retrying_a_permanent_failure_makes_the_photo_due(index: Index) -> None:
    with writing(index) as tx:
        photo = add_photo(tx, add_root(tx), "a.jpg")
        failed = Failed(FailureKind.CORRUPT, "bad data")
        results.record_detections(tx, "yunet", {photo: failed}, now=5, keep_crops=True)
        failures.record(tx, "detect", [(photo, None, failed)], now=5)
        assert due.to_detect(tx, "yunet", now=6) == []
        failures.retry(tx, [failure.id for failure in failures.every(tx)])
        assert due.to_detect(tx, "yunet", now=6) == [photo]
        assert failures.every(tx) == []


def test_judging_is_due_by_model_and_by_policy(index: Index) -> None:
    with writing(index) as tx:
        photo = add_photo(tx, add_root(tx), "a.jpg")
        model = _model(tx)
        assert due.to_judge(tx, "yunet", model, "p1", now=1) == []
        results.record_detections(tx, "yunet", {photo: detected(_BOX)}, now=5, keep_crops=True)
        assert due.to_judge(tx, "yunet", model, "p1", now=6) == [photo]
        verdict = StoredVerdict(photo, Verdict(Emotion.HAPPY, 0.9, Reason.CLEAR), 1)
        results.record_verdicts(tx, model, "p1", [verdict], now=6)
        assert due.to_judge(tx, "yunet", model, "p1", now=7) == []
        assert due.to_judge(tx, "yunet", model, "p2", now=7) == [photo]
        assert due.count_to_judge(tx, "yunet", model, "p2") == 1


def test_a_new_look_replaces_faces_and_makes_judging_due(index: Index) -> None:
    with writing(index) as tx:
        photo = add_photo(tx, add_root(tx), "a.jpg")
        model = _model(tx)
        results.record_detections(tx, "yunet-1", {photo: detected(_BOX, _BOX)}, now=5, keep_crops=True)
        results.record_verdicts(tx, model, "p", [StoredVerdict(photo, Verdict(None, None, Reason.UNSURE), 2)], now=6)
        results.record_detections(tx, "yunet-2", {photo: detected(_BOX)}, now=7, keep_crops=True)
        assert [face.subject for face in results.faces_of(tx, [photo])] == ["photo", "face"]
        assert due.to_judge(tx, "yunet-2", model, "p", now=8) == [photo]


def test_crops_are_kept_byte_for_byte_or_not_at_all(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        kept, bare = add_photo(tx, root, "a.jpg"), add_photo(tx, root, "b.jpg")
        results.record_detections(tx, "yunet", {kept: detected(_BOX)}, now=5, keep_crops=True)
        results.record_detections(tx, "yunet", {bare: detected(_BOX)}, now=5, keep_crops=False)
        faces = results.faces_of(tx, [kept, bare])
        assert list(results.crops_of(tx, [face.id for face in faces]).values()) == [b"thumbnail", b"crop 0"]


def test_probabilities_come_back_as_they_went(index: Index) -> None:
    given = np.array([[0.9, 0.1], [0.25, 0.75]], np.float32)
    with writing(index) as tx:
        photo = add_photo(tx, add_root(tx), "a.jpg")
        model = _model(tx)
        faces = results.record_detections(tx, "yunet", {photo: detected(_BOX, _BOX)}, now=5, keep_crops=True)
        ids = [face.id for face in faces if face.subject == "face"]
        results.record_predictions(tx, model, ids, given, "litert")
    with reading(index) as tx:
        stored = results.predictions_of(tx, model, [photo])
    assert [list(stored[key].values()) for key in ids] == given.tolist()
    assert list(stored[ids[0]]) == [Emotion.HAPPY, Emotion.SAD]
    assert math.isclose(sum(stored[ids[0]].values()), 1, rel_tol=1e-6)


def test_a_verdict_on_a_photo_forgotten_meanwhile_is_dropped(index: Index) -> None:
    with writing(index) as tx:
        photo = add_photo(tx, add_root(tx), "a.jpg")
        model = _model(tx)
        library.forget_photos(tx, [photo])
        results.record_verdicts(tx, model, "p", [StoredVerdict(photo, Verdict(None, None, Reason.NO_FACE), 0)], now=6)
        assert library.present_files(tx, [photo]) == {}


def test_files_of_one_picture_are_one_photo(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        first = add_photo(tx, root, "a.jpg", digest="same")
        second = add_photo(tx, root, "copy of a.jpg", digest="same")
        assert first == second
        places = library.present_files(tx, [first])[first]
        assert [place.relpath for place in places] == ["a.jpg", "copy of a.jpg"]


def test_missing_files_are_purged_after_their_grace_but_not_under_an_offline_root(index: Index) -> None:
    from organiser.index.tables import roots

    with writing(index) as tx:
        root, lost = add_root(tx), add_root(tx, "/mount")
        gone, away = add_photo(tx, root, "a.jpg"), add_photo(tx, lost, "b.jpg")
        roots.set_offline(tx, lost, "not there", now=10)
        everything = [place.file_id for places in library.present_files(tx, [gone, away]).values() for place in places]
        library.mark_missing(tx, everything, now=10)
        assert library.purge(tx, missing_before=9) == []
        assert library.purge(tx, missing_before=11) == [gone]


def test_names_that_are_no_utf8_survive_the_index(index: Index) -> None:
    name = b"caf\xe9/\xff.jpg".decode("utf-8", "surrogateescape")
    with writing(index) as tx:
        root = add_root(tx)
        photo = add_photo(tx, root, name)
        assert library.present_files(tx, [photo])[photo][0].relpath == name
        assert library.photos_at(tx, root, name.split("/")[0]) == [photo]


def test_large_inode_numbers_survive_the_index(index: Index) -> None:
    from organiser.core.library.reconcile import WHOLE

    huge = found("a.jpg", inode=2**64 - 5)
    with writing(index) as tx:
        root = add_root(tx)
        library.insert_files(tx, root, [huge])
        (row,) = library.known_files(tx, root, WHOLE)
    assert row.inode == 2**64 - 5
