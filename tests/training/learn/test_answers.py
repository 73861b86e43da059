"""Answers kept in a file teach as the run itself does, faces without labels too."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from organiser.errors import Permanent
from organiser.training.__main__ import main
from organiser.training.data.prepared import Prepared, load
from organiser.training.evaluate.predictors import RunPredictor
from organiser.training.learn.answers import Answers, answers_of, open_teacher, read_answers, write_answers
from organiser.training.learn.batches import Batches, cut_inputs
from organiser.training.learn.config import input_of
from organiser.training.learn.distill import open_network
from organiser.training.learn.fit import fit
from organiser.training.learn.runs import weights_digest
from organiser.training.learn.targets import Targets
from tests.training.drawn import draw_prepared, tiny_config, write_tree

LABELS = ("happy", "sad")
OFTEN = Targets(votes=0, smoothing=0, repeats={"drawn": 40})
ASKING = {"epochs": 1, "warmup": 0.1, "average": 0.0, "refine": 1.0}


def quiet(text: str) -> None:
    """Progress nobody reads."""


def digested(prepared: Prepared) -> Prepared:
    """Return a drawn set whose digests are ones of pictures: sixty-four hexadecimal digits."""
    return replace(prepared, rows=tuple(replace(row, digest=f"{int(row.digest):064x}"[::-1]) for row in prepared.rows))


def relabelled(prepared: Prepared, labels: dict[str, str]) -> Prepared:
    return replace(prepared, rows=tuple(replace(row, label=labels[row.label]) for row in prepared.rows))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    config = tiny_config(epochs=1, warmup=0.1, average=0.0, targets=OFTEN)
    fit(config, draw_prepared(LABELS, 24), folder, backbone="abc", note=quiet)
    return folder


@pytest.fixture
def kept(run: Path, tmp_path: Path) -> Answers:
    write_answers(run, [digested(draw_prepared(LABELS, 24))], tmp_path / "kept.npz", quiet)
    return read_answers(tmp_path / "kept.npz")


def test_what_is_kept_is_what_the_run_says(run: Path, kept: Answers) -> None:
    prepared = digested(draw_prepared(LABELS, 24))
    answers = open_network(run).answers(cut_inputs(prepared.crops, input_of(tiny_config())))
    np.testing.assert_allclose(kept.of(prepared), answers, atol=2e-3)
    assert kept.labels == LABELS
    assert (kept.about["weights"], kept.about["backbone"]) == (weights_digest(run), "abc")


def test_of_a_picture_it_does_not_know_it_says_nothing_and_another_teacher_may(run: Path, kept: Answers) -> None:
    more = digested(draw_prepared(LABELS, 25))
    assert np.isnan(kept.of(more)).any(axis=1).tolist() == [False] * 48 + [True] * 2
    answers = open_network(run).answers(cut_inputs(more.crops, input_of(tiny_config())))
    mean = answers_of([kept, open_network(run)], more, input_of(tiny_config()))
    np.testing.assert_allclose(mean, answers, atol=2e-3)
    assert np.isnan(answers_of([kept, kept], more, input_of(tiny_config()))[-1]).all()


@pytest.mark.parametrize("labels", [{"happy": "sad", "sad": "happy"}, {"happy": "", "sad": ""}])
def test_a_student_learns_from_the_file_whatever_the_labels_say(
    kept: Answers, tmp_path: Path, labels: dict[str, str]
) -> None:
    prepared = digested(draw_prepared(LABELS, 24))
    truth = [row.label == "happy" for row in prepared.rows]
    faces = relabelled(prepared, labels)
    seen = draw_prepared(LABELS, 1)
    labelled = replace(
        faces,
        rows=faces.rows + digested(seen).rows,
        crops=np.concatenate([faces.crops, seen.crops]),
        wholes=np.concatenate([faces.wholes, seen.wholes]),
    )
    fit(tiny_config(**ASKING, targets=OFTEN), labelled, tmp_path / "student", teachers=[kept], note=quiet)
    assert (RunPredictor(tmp_path / "student").predict(prepared.crops)[:, 0] > 0.5).tolist() == truth
    assert json.loads((tmp_path / "student" / "run.json").read_text())["teachers"] == kept.digest


def test_faces_without_a_label_are_not_shown_before_somebody_answers_for_them() -> None:
    prepared = draw_prepared(LABELS, 8)
    batches = Batches(relabelled(prepared, {"happy": "happy", "sad": ""}), tiny_config(batch=4, refine=0.0))
    assert (batches.faces, batches.per_epoch) == (8, 2)
    answers = np.full((16, 2), np.nan, np.float32)
    answers[1] = 0.25, 0.75
    batches.refine(answers)
    assert batches.faces == 9
    targets = np.concatenate([batch.targets for epoch in range(8) for batch in batches.epoch(epoch)])
    assert {tuple(target) for target in targets.tolist()} == {(1.0, 0.0), (0.25, 0.75)}


def test_a_run_that_nobody_teaches_leaves_faces_without_a_label_alone(tmp_path: Path) -> None:
    prepared = relabelled(draw_prepared(LABELS, 4), {"happy": "", "sad": ""})
    with pytest.raises(Permanent, match="no face to learn from"):
        fit(tiny_config(epochs=1), prepared, tmp_path / "run", note=quiet)


def test_a_file_cannot_answer_for_disturbed_pictures(kept: Answers, tmp_path: Path) -> None:
    config = tiny_config(epochs=1, refine=0.5, consistent=True)
    with pytest.raises(Permanent, match="undisturbed faces only"):
        fit(config, draw_prepared(LABELS, 4), tmp_path / "run", teachers=[kept], note=quiet)


@pytest.mark.parametrize("data", [None, b"", b"answers", b"PK\x03\x04"])
def test_a_file_that_holds_no_answers_is_refused(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "kept.npz").write_bytes(data)
    with pytest.raises(Permanent, match="no file of answers"):
        open_teacher(tmp_path / "kept.npz")


def test_the_commands_from_a_run_to_a_student(tmp_path: Path) -> None:
    write_tree(tmp_path / "set", LABELS, 12)
    faces, smoke = str(tmp_path / "p"), ["fit", "--config", "smoke", "--data", str(tmp_path / "p")]
    assert main(["prepare", "--faces", f"own={tmp_path / 'set'}", "--leaks", "keep", "--out", faces]) == 0
    assert main([*smoke, "--out", str(tmp_path / "run")]) == 0
    kept = tmp_path / "answers" / "kept.npz"
    assert main(["answers", "--run", str(tmp_path / "run"), "--data", faces, "--out", str(kept)]) == 0
    assert len(read_answers(kept).known) == len(load(tmp_path / "p", folds=("train",)).rows)
    assert main([*smoke, "--teacher", str(kept), "--out", str(tmp_path / "student")]) == 0
    assert json.loads((tmp_path / "student" / "run.json").read_text())["teachers"] == read_answers(kept).digest
