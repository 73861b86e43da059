"""Judging: only what is stale, from stored crops, and a person's word before the machine's."""

from dataclasses import replace

from organiser.core.emotion import Emotion
from organiser.core.judging.correction import Correction
from organiser.core.judging.legible import Legibility
from organiser.core.judging.verdict import Policy, Rule
from organiser.core.photo import PhotoId
from organiser.index.db.engine import reading, writing
from organiser.index.tables import corrections, results, runs
from organiser.index.work import pauses
from organiser.jobs.messages import Judge, Sweep
from organiser.jobs.steps.handle import handle
from tests.jobs.library import Library
from tests.photos import HAPPY, SAD, DrawnFace

PAIR = (DrawnFace(Emotion.HAPPY, 0.3, 0.5, 0.4), DrawnFace(Emotion.SAD, 0.7, 0.5, 0.4))


def test_a_new_model_judges_stored_crops_and_opens_no_photo(library: Library) -> None:
    for number in range(3):
        library.draw(f"{number}.jpg", HAPPY).stat()
    library.scan()
    for path in library.folder.iterdir():
        path.unlink()  # whoever opened a photo now would fail
    library.use_model(library.add_model("2"))
    counts = library.run([Sweep()])
    assert (counts["classified"], counts["judged"], counts["detected"]) == (3, 3, 0)
    assert {row.model for row in library.find()} == {"stub@2"}


def test_judging_again_reproduces_the_first_probabilities(library: Library) -> None:
    library.draw("a.jpg", *PAIR)
    library.scan()
    first = _probabilities(library)
    library.use_model(library.add_model("2"))
    library.run([Sweep()])
    assert _probabilities(library) == first


def _probabilities(library: Library) -> list[list[float]]:
    model = library.services.model()
    with reading(library.services.engine) as tx:
        stored = results.predictions_of(tx, model.id, [row.photo_id for row in library.find()])
    return [list(row.values()) for row in stored.values()]


def test_going_back_to_a_model_only_folds(library: Library) -> None:
    first = library.services.model().bundle.digest
    library.draw("a.jpg", HAPPY)
    library.scan()
    library.use_model(library.add_model("2"))
    library.run([Sweep()])
    library.use_model(first)
    counts = library.run([Sweep()])
    assert (counts["classified"], counts["judged"]) == (0, 1)


def test_a_new_policy_only_folds(library: Library) -> None:
    library.draw("a.jpg", *PAIR)
    library.scan()
    assert library.names("reason:mixed") == ["a.jpg"]
    library.services = replace(library.services, own_policy=Policy(Rule.LARGEST))
    counts = library.run([Sweep()])
    assert (counts["classified"], counts["judged"]) == (0, 1)
    assert library.names("reason:clear") == ["a.jpg"]


def test_without_kept_crops_a_new_model_looks_again(library: Library) -> None:
    library.services = replace(library.services, jobs=replace(library.services.jobs, keep_crops=False))
    library.draw("a.jpg", HAPPY)
    library.scan()
    library.use_model(library.add_model("2"))
    counts = library.run([Sweep()])
    assert (counts["detected"], counts["judged"]) == (1, 1)
    assert {row.model for row in library.find()} == {"stub@2"}


def test_looking_and_judging_apart_gives_the_same_verdicts(library: Library) -> None:
    library.services = replace(library.services, jobs=replace(library.services.jobs, judge_while_detecting=False))
    library.draw("a.jpg", HAPPY)
    library.draw("b.jpg", SAD)
    counts = library.scan()
    assert (counts["detected"], counts["classified"], counts["judged"]) == (2, 2, 2)
    assert library.names("emotion:happy") == ["a.jpg"]


def test_a_correction_survives_moves_new_models_and_new_looks(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    (row,) = library.find()
    with writing(library.services.engine) as tx:
        corrections.record(tx, Correction(row.photo_id, None, "is", Emotion.SAD, "me", library.now))
        results.drop_detections(tx, [row.photo_id])
    library.run([Sweep()])
    library.use_model(library.add_model("2"))
    library.run([Sweep()])
    library.move("a.jpg", "b.jpg")
    library.scan()
    (row,) = library.find()
    assert (row.relpath, row.emotion, row.reason) == ("b.jpg", "sad", "corrected")


def test_a_correction_of_one_face_is_matched_by_overlap_after_a_new_look(library: Library) -> None:
    library.draw("a.jpg", *PAIR)
    library.scan()
    (row,) = library.find()
    with writing(library.services.engine) as tx:
        sad = max(results.faces_of(tx, [row.photo_id]), key=lambda face: face.box.x)
        shifted = replace(sad.box, x=sad.box.x + 0.01)
        corrections.record(tx, Correction(row.photo_id, shifted, "is", Emotion.HAPPY, "me", library.now))
        results.drop_detections(tx, [row.photo_id])
    library.run([Sweep()])
    assert library.names("emotion:happy") == ["a.jpg"]


def test_not_this_is_remembered(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    (row,) = library.find()
    with writing(library.services.engine) as tx:
        corrections.record(tx, Correction(row.photo_id, None, "is_not", Emotion.HAPPY, "me", library.now))
        results.drop_detections(tx, [row.photo_id])
    library.run([Sweep()])
    assert library.names("emotion:happy") == []


def test_nothing_is_due_after_a_sweep(library: Library) -> None:
    library.draw("a.jpg", HAPPY)
    library.draw("b.jpg")
    library.scan()
    assert library.run([Sweep()])["detect messages"] == 0
    assert "judged" not in library.counts


def test_a_face_that_a_policy_calls_illegible_does_not_count_until_a_person_says_what_it_shows(
    library: Library,
) -> None:
    library.draw("a.jpg", HAPPY)
    library.scan()
    assert library.names("emotion:happy") == ["a.jpg"]
    library.services = replace(library.services, own_policy=Policy(legible=Legibility(frontal=2.0)))
    counts = library.run([Sweep()])
    assert (counts["classified"], counts["judged"]) == (0, 1)
    assert library.names("reason:unsure") == ["a.jpg"]
    (row,) = library.find()
    with writing(library.services.engine) as tx:
        (face,) = (face for face in results.faces_of(tx, [row.photo_id]) if face.subject == "face")
        corrections.record(tx, Correction(row.photo_id, face.box, "is", Emotion.HAPPY, "me", library.now))
        results.drop_detections(tx, [row.photo_id])
    library.run([Sweep()])
    assert library.names("emotion:happy") == ["a.jpg"]


def _due_for_another_model(library: Library, photos: int, least: int) -> list[PhotoId]:
    """Have photos due for a new model, in a process that judges at least so many in one go; return their ids."""
    for number in range(photos):
        library.draw(f"{number}.jpg", HAPPY).stat()
    library.scan()
    library.use_model(library.add_model("2"))
    library.services = replace(library.services, jobs=replace(library.services.jobs, judge_least=least))
    return sorted(row.photo_id for row in library.find())


def test_a_small_message_is_filled_with_what_else_is_due_and_whose_own_then_does_nothing(library: Library) -> None:
    ids = _due_for_another_model(library, photos=6, least=4)
    assert handle(library.services, Judge((ids[0],))).counts["judged"] == 4
    assert handle(library.services, Judge(tuple(ids[1:4]))).counts["judged"] == 0
    assert handle(library.services, Judge((ids[4],))).counts["judged"] == 2


def test_a_message_that_is_large_enough_is_not_filled(library: Library) -> None:
    ids = _due_for_another_model(library, photos=5, least=2)
    assert handle(library.services, Judge(tuple(ids[:3]))).counts["judged"] == 3


def test_a_fresh_message_is_not_kept_waiting_for_bulk_work(library: Library) -> None:
    ids = _due_for_another_model(library, photos=3, least=4)
    assert handle(library.services, Judge((ids[0],), fresh=True)).counts["judged"] == 1


def test_what_a_cancelled_run_left_lying_fills_no_message(library: Library) -> None:
    ids = _due_for_another_model(library, photos=3, least=4)
    with writing(library.services.engine) as tx:
        pauses.halt(tx, runs.start(tx, "scan", "person", {}, library.now), library.now)
    assert handle(library.services, Judge((ids[0],))).counts["judged"] == 1
