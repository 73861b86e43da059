"""What the index holds of photos is counted and wiped, on both databases."""

import numpy as np

from organiser.core.face import Box
from organiser.core.judging.verdict import Reason, Verdict
from organiser.index.db.engine import Index, reading, writing
from organiser.index.tables import collections, erase, journal, library, models, results, runs
from organiser.index.tables.results import StoredVerdict
from organiser.index.views import photo_details, stats
from tests.rows import add_photo, add_root, detected

_BOX = Box(0.1, 0.1, 0.2, 0.2)


def test_everything_of_a_photo_is_counted_and_goes(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        gone, kept = add_photo(tx, root, "a.jpg"), add_photo(tx, root, "b.jpg")
        faces = results.record_detections(
            tx, "yunet", {gone: detected(_BOX), kept: detected(_BOX)}, now=1, keep_crops=True
        )
        model = models.add(tx, "m", "1", "d", "face", ["happy", "sad"], "/m", now=1)
        ids = [face.id for face in faces if face.subject == "face"]
        results.record_predictions(tx, model, ids, np.full((2, 2), 0.5, np.float32), "litert")
        unsure = StoredVerdict(gone, Verdict(None, None, Reason.UNSURE), 1)
        results.record_verdicts(tx, model, "p", [unsure], now=2)
        assert erase.count(tx, [gone]) == {
            "photos": 1,
            "files": 1,
            "faces": 1,
            "crops": 2,
            "predictions": 1,
            "verdicts": 1,
            "corrections": 0,
            "placements": 0,
        }
        erase.overwrite_deleted(tx)
        library.forget_photos(tx, [gone])
    erase.wipe_leftovers(index)
    with reading(index) as tx:
        assert set(erase.count(tx, [gone]).values()) == {0}
        assert stats.totals(tx).photos == 1
        assert erase.page(tx) == [kept]
        assert photo_details.photo(tx, gone) is None


def test_files_are_found_at_a_path_and_below_it_but_not_beside_it(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        for name in ("a/b.jpg", "a/c/d.jpg", "a.jpg", "ab/e.jpg"):
            add_photo(tx, root, name)
        assert len(erase.files_at(tx, root, "a")) == 2
        assert len(erase.files_at(tx, root, "a/b.jpg")) == 1
        assert len(erase.files_at(tx, root, "")) == 4
        assert erase.files_at(tx, root, "b") == []


def test_photos_of_one_root_alone_are_told_from_shared_ones(index: Index) -> None:
    with writing(index) as tx:
        root, other = add_root(tx, "/one"), add_root(tx, "/other")
        alone = add_photo(tx, root, "a.jpg")
        shared = add_photo(tx, root, "b.jpg", digest="same")
        assert add_photo(tx, other, "b.jpg", digest="same") == shared
        assert erase.photos_only_under(tx, root) == [alone]
        assert erase.photo_of_digest(tx, "same") == shared
        assert erase.photo_of_digest(tx, "unknown") is None
        assert erase.digests_of(tx, [shared]) == {shared: "same"}


def test_what_was_placed_of_a_photo_leaves_the_journal(index: Index) -> None:
    with writing(index) as tx:
        root = add_root(tx)
        gone, kept = add_photo(tx, root, "a.jpg"), add_photo(tx, root, "b.jpg")
        (happy, *_) = collections.every(tx)
        run = runs.start(tx, "place", "test", {}, now=1)
        noted = [(photo_id, {"step": {"photo_id": photo_id}}, b"before") for photo_id in (gone, kept, gone)]
        journal.add(tx, run, happy.id, noted, now=1)
        journal.drop_of(tx, [gone])
        assert [row.step for row in journal.planned(tx)] == [{"step": {"photo_id": kept}}]


def test_dropped_verdicts_make_photos_due(index: Index) -> None:
    with writing(index) as tx:
        photo = add_photo(tx, add_root(tx), "a.jpg")
        model = models.add(tx, "m", "1", "d", "face", ["happy", "sad"], "/m", now=1)
        results.record_verdicts(tx, model, "p", [StoredVerdict(photo, Verdict(None, None, Reason.NO_FACE), 0)], now=2)
        erase.drop_verdicts(tx, [photo])
        assert erase.count(tx, [photo])["verdicts"] == 0
