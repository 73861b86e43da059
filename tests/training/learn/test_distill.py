"""Learning from networks trained before: their answers count, and only those of networks that know the same classes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import organiser
from organiser.errors import Permanent
from organiser.training.data.prepared import Prepared
from organiser.training.evaluate.calibrate import softmax
from organiser.training.evaluate.predictors import RunPredictor
from organiser.training.learn.batches import cut_inputs
from organiser.training.learn.config import input_of, load_config
from organiser.training.learn.distill import NetworkTeacher, beginning, open_network
from organiser.training.learn.fit import fit
from organiser.training.learn.refine import taught
from organiser.training.learn.runs import read_weights
from organiser.training.learn.targets import Targets
from organiser.training.networks.network import new_model, run_logits, set_weights
from tests.training.drawn import draw_prepared, tiny_config

LABELS = ("happy", "sad")
OFTEN = Targets(votes=0, smoothing=0, repeats={"drawn": 40})


def quiet(text: str) -> None:
    """Progress nobody reads."""


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> NetworkTeacher:
    folder = tmp_path_factory.mktemp("teacher")
    fit(tiny_config(epochs=1, warmup=0.1, average=0.0, targets=OFTEN), draw_prepared(LABELS, 24), folder, note=quiet)
    return open_network(folder)


def _mislabelled() -> Prepared:
    prepared = draw_prepared(LABELS, 24)
    other = {"happy": "sad", "sad": "happy"}
    return replace(prepared, rows=tuple(replace(row, label=other[row.label]) for row in prepared.rows))


def _inputs(prepared: Prepared) -> NDArray[np.uint8]:
    return cut_inputs(prepared.crops, input_of(tiny_config()))


@pytest.mark.parametrize("consistent", [False, True])
def test_the_teachers_answers_stand_in_for_labels(teacher: NetworkTeacher, tmp_path: Path, consistent: bool) -> None:
    prepared = _mislabelled()
    truth = [row.label == "sad" for row in prepared.rows]
    assert (teacher.answers(_inputs(prepared))[:, 0] > 0.5).tolist() == truth
    config = tiny_config(epochs=1, warmup=0.1, average=0.0, refine=1.0, consistent=consistent, targets=OFTEN)
    fit(config, prepared, tmp_path, teachers=[teacher], note=quiet)
    assert (RunPredictor(tmp_path).predict(prepared.crops)[:, 0] > 0.5).tolist() == truth
    assert json.loads((tmp_path / "run.json").read_text())["teachers"] == teacher.digest


def test_a_teacher_answers_for_both_sides_of_a_face_and_teachers_count_the_same(teacher: NetworkTeacher) -> None:
    inputs = _inputs(draw_prepared(LABELS, 3))
    answers = teacher.answers(inputs)
    np.testing.assert_allclose(teacher.answers(inputs[:, :, ::-1]), answers, atol=1e-6)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(taught([teacher, teacher], inputs), answers, atol=1e-6)


@pytest.mark.parametrize("consistent", [False, True])
def test_a_taught_run_killed_and_resumed_equals_an_uninterrupted_one(
    teacher: NetworkTeacher, tmp_path: Path, consistent: bool
) -> None:
    prepared, config = draw_prepared(LABELS, 12), tiny_config(epochs=3, refine=0.5, consistent=consistent)
    fit(config, prepared, tmp_path / "whole", teachers=[teacher], note=quiet)
    fit(config, prepared, tmp_path / "parts", teachers=[teacher], stop_after=1, note=quiet)
    fit(config, prepared, tmp_path / "parts", teachers=[teacher], note=quiet)
    parts = read_weights(tmp_path / "parts")
    for key, value in read_weights(tmp_path / "whole").items():
        np.testing.assert_allclose(parts[key], value, rtol=1e-4, atol=1e-5)


def test_a_run_is_not_continued_without_its_teachers(teacher: NetworkTeacher, tmp_path: Path) -> None:
    prepared, config = draw_prepared(LABELS, 4), tiny_config(epochs=1, refine=0.5)
    fit(config, prepared, tmp_path, teachers=[teacher], note=quiet)
    with pytest.raises(Permanent, match="another config"):
        fit(config, prepared, tmp_path, note=quiet)


def test_a_teacher_of_other_classes_is_refused(teacher: NetworkTeacher, tmp_path: Path) -> None:
    labels = (*LABELS, "neutral")
    with pytest.raises(Permanent, match="other classes"):
        fit(tiny_config(labels=labels, refine=0.5), draw_prepared(labels, 4), tmp_path, teachers=[teacher], note=quiet)


SHIPPED = Path(organiser.__file__).parent / "models" / "faces7"


def test_a_bundle_teaches_and_is_begun_with_as_the_run_it_was_made_of() -> None:
    config = replace(load_config("consistent"), policy="float32")
    teacher = open_network(SHIPPED)
    assert (teacher.labels, teacher.subject, teacher.shape) == (config.labels, "face", input_of(config))
    weights, backbone = beginning(SHIPPED)
    model = new_model(config)
    set_weights(model, weights)
    inputs = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1), np.uint8)
    np.testing.assert_allclose(softmax(run_logits(model, inputs, 2)), teacher.answers(inputs), atol=1e-5)
    assert backbone == ""


def test_the_backbone_of_a_teacher_is_on_record(teacher: NetworkTeacher, tmp_path: Path) -> None:
    others = replace(teacher, backbone="abc")
    config = tiny_config(epochs=1, warmup=0.1, average=0.0, refine=1.0, targets=OFTEN)
    fit(config, draw_prepared(LABELS, 4), tmp_path, teachers=[teacher, others], note=quiet)
    assert json.loads((tmp_path / "run.json").read_text())["teacher_backbones"] == ["abc"]
