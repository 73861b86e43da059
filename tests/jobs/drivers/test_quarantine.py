"""What ended its worker again and again is left alone, in every step, until a person or its file says otherwise."""

from organiser.core.photo import PhotoId
from organiser.index.db.engine import reading, writing
from organiser.index.tables import failures
from organiser.index.work import due, leases
from organiser.jobs.actions import failures as failed
from organiser.jobs.messages import Judge, Sweep
from organiser.jobs.steps import pending
from organiser.jobs.steps.crashes import MAX_CRASHES
from organiser.jobs.steps.recover import recover
from tests.jobs.library import Library
from tests.photos import HAPPY


def _crash_while_judging(library: Library) -> PhotoId:
    """Have a photo, looked at and not judged, end the worker that judges it as often as it takes."""
    library.draw("a.jpg", HAPPY)
    library.scan()
    library.use_model(library.add_model("2"))
    (row,) = library.find()
    for _ in range(MAX_CRASHES):
        with writing(library.services.engine) as tx:
            assert leases.claim(tx, "judge", [row.photo_id], "elsewhere:1", library.now, 60.0) == [row.photo_id]
        library.now += 61.0
    assert recover(library.services) == []
    return row.photo_id


def test_a_photo_whose_judging_ends_workers_is_not_judged_any_more(library: Library) -> None:
    _crash_while_judging(library)
    assert list(pending.all_due(library.services)) == []
    with reading(library.services.engine) as tx:
        services = library.services
        fingerprints = services.detector_fingerprint, services.model().id, services.policy.fingerprint
        assert due.count_to_judge(tx, *fingerprints) == 0
        (failure,) = failures.every(tx)
    assert (failure.stage, failure.kind, failure.retry_at) == ("judge", "crashed", None)


def test_a_person_may_have_it_judged_again(library: Library) -> None:
    photo_id = _crash_while_judging(library)
    assert failed.retry(library.services.engine, {}) == 1
    assert list(pending.all_due(library.services)) == [Judge((photo_id,))]
    assert library.run([Sweep()])["judged"] == 1


def test_a_new_look_brings_new_crops_to_judge(library: Library) -> None:
    _crash_while_judging(library)
    with writing(library.services.engine) as tx:
        tx.exec_driver_sql("DELETE FROM detections")
    assert library.run([Sweep()])["judged"] == 1
    with reading(library.services.engine) as tx:
        assert failures.every(tx) == []
