"""Learning from networks trained before: their answers count, and only those of networks that know the same classes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from organiser.errors import Permanent
from tests.training.drawn import draw_prepared, tiny_config
from training.fit import fit
from training.prepared import Prepared
from training.readers import RunReader
from training.runs import read_weights
from training.targets import Targets
from training.teachers import answers_of

LABELS = ("happy", "sad")
OFTEN = Targets(votes=0, smoothing=0, repeats={"drawn": 40})


def quiet(text: str) -> None:
    """Progress nobody reads."""


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> RunReader:
    folder = tmp_path_factory.mktemp("teacher")
    fit(tiny_config(epochs=1, warmup=0.1, average=0.0, targets=OFTEN), draw_prepared(LABELS, 24), folder, note=quiet)
    return RunReader(folder)


def _mislabelled() -> Prepared:
    prepared = draw_prepared(LABELS, 24)
    other = {"happy": "sad", "sad": "happy"}
    return replace(prepared, rows=tuple(replace(row, label=other[row.label]) for row in prepared.rows))


def test_the_teachers_answers_stand_in_for_labels(teacher: RunReader, tmp_path: Path) -> None:
    prepared = _mislabelled()
    assert (teacher.predict(prepared.crops)[:, 0] > 0.5).tolist() == [row.label == "sad" for row in prepared.rows]
    fit(
        tiny_config(epochs=1, warmup=0.1, average=0.0, refine=1.0, targets=OFTEN),
        prepared,
        tmp_path,
        teachers=[teacher],
        note=quiet,
    )
    taught = RunReader(tmp_path).predict(prepared.crops)
    assert (taught[:, 0] > 0.5).tolist() == [row.label == "sad" for row in prepared.rows]
    assert json.loads((tmp_path / "run.json").read_text())["teachers"] == teacher.digest


def test_teachers_are_asked_for_both_sides_of_a_face_and_count_the_same(teacher: RunReader) -> None:
    crops = draw_prepared(LABELS, 3).crops
    mirrored = teacher.predict(np.ascontiguousarray(crops[:, :, ::-1]))
    expected = (teacher.predict(crops) + mirrored) / 2
    np.testing.assert_allclose(answers_of([teacher], crops, LABELS), expected, atol=1e-6)
    np.testing.assert_allclose(answers_of([teacher, teacher], crops, LABELS), expected, atol=1e-6)


def test_a_taught_run_killed_and_resumed_equals_an_uninterrupted_one(teacher: RunReader, tmp_path: Path) -> None:
    prepared, config = draw_prepared(LABELS, 12), tiny_config(epochs=3, refine=0.5)
    fit(config, prepared, tmp_path / "whole", teachers=[teacher], note=quiet)
    fit(config, prepared, tmp_path / "parts", teachers=[teacher], stop_after=1, note=quiet)
    fit(config, prepared, tmp_path / "parts", teachers=[teacher], note=quiet)
    parts = read_weights(tmp_path / "parts")
    for key, value in read_weights(tmp_path / "whole").items():
        np.testing.assert_allclose(parts[key], value, rtol=1e-4, atol=1e-5)


def test_a_run_is_not_continued_without_its_teachers(teacher: RunReader, tmp_path: Path) -> None:
    prepared, config = draw_prepared(LABELS, 4), tiny_config(epochs=1, refine=0.5)
    fit(config, prepared, tmp_path, teachers=[teacher], note=quiet)
    with pytest.raises(Permanent, match="another config"):
        fit(config, prepared, tmp_path, note=quiet)


def test_a_teacher_of_other_classes_is_refused(teacher: RunReader, tmp_path: Path) -> None:
    labels = (*LABELS, "neutral")
    with pytest.raises(Permanent, match="other classes"):
        fit(tiny_config(labels=labels, refine=0.5), draw_prepared(labels, 4), tmp_path, teachers=[teacher], note=quiet)
