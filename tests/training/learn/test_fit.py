"""Training: it learns, it resumes, it is the same each time, it refuses what it must."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from organiser.errors import Permanent
from organiser.training.__main__ import main
from organiser.training.learn.average import blend
from organiser.training.learn.batches import Batches
from organiser.training.learn.config import load_config
from organiser.training.learn.fit import fit
from organiser.training.learn.runs import read_weights
from organiser.training.learn.targets import Targets
from organiser.training.learn.validation import measure, validation_of
from organiser.training.networks.architectures import build
from organiser.training.networks.network import new_model, predict_logits, set_weights, two_logits
from tests.training.drawn import draw_prepared, tiny_config


def quiet(text: str) -> None:
    """Progress nobody reads."""


def _check_same_weights(path: Path, other: Path) -> None:
    there = read_weights(other)
    for key, value in read_weights(path).items():
        np.testing.assert_allclose(there[key], value, rtol=1e-4, atol=1e-5)


def test_it_overfits_one_batch(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 4)
    shown = Targets(votes=0, smoothing=0, repeats={"drawn": 200})
    config = tiny_config(epochs=1, batch=8, warmup=0.1, average=0.0, targets=shown)
    fit(config, prepared, tmp_path / "run", note=quiet)
    model = new_model(config)
    set_weights(model, read_weights(tmp_path / "run"))
    learned = validation_of(config, prepared, "train")
    assert (predict_logits(model, learned.inputs).argmax(axis=1) == learned.classes).all()


def test_a_run_killed_and_resumed_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    prepared, config = draw_prepared(("happy", "sad"), 12, val=2), tiny_config(epochs=3, mixup=0.2)
    fit(config, prepared, tmp_path / "whole", note=quiet)
    fit(config, prepared, tmp_path / "parts", stop_after=1, note=quiet)
    fit(config, prepared, tmp_path / "parts", note=quiet)
    _check_same_weights(tmp_path / "whole", tmp_path / "parts")
    assert (tmp_path / "parts" / "history.csv").read_text().count("\n") == 4
    assert (tmp_path / "parts" / "curves.png").is_file()


def test_a_run_of_another_config_is_not_continued(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 4)
    fit(tiny_config(epochs=1), prepared, tmp_path / "run", note=quiet)
    with pytest.raises(Permanent, match="another config"):
        fit(tiny_config(epochs=2), prepared, tmp_path / "run", note=quiet)


def test_a_run_that_stopped_early_keeps_its_best_weights_and_stays_stopped(tmp_path: Path) -> None:
    drawn = draw_prepared(("happy", "sad"), 8, val=2)
    # What is learned is wrong for the validation faces, so they are answered worse and worse.
    other = {"happy": "sad", "sad": "happy"}
    rows = tuple(replace(row, label=other[row.label]) if row.fold == "val" else row for row in drawn.rows)
    prepared, config = replace(drawn, rows=rows), tiny_config(epochs=30, patience=2, average=0.0)
    fit(config, prepared, tmp_path / "run", note=quiet)
    history = (tmp_path / "run" / "history.csv").read_text()
    best = best_epoch(history)
    assert history.count("\n") == 1 + best + 2 < 31
    fit(config, prepared, tmp_path / "run", note=quiet)
    assert (tmp_path / "run" / "history.csv").read_text() == history
    fit(config, prepared, tmp_path / "best", stop_after=best, note=quiet)
    _check_same_weights(tmp_path / "best", tmp_path / "run")


def best_epoch(history: str) -> int:
    losses = [float(row["val_loss"]) for row in csv.DictReader(history.splitlines())]
    return 1 + losses.index(min(losses))


def test_the_config_that_tries_everything_runs_through(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad", "neutral"), 50, val=2)
    fit(load_config("smoke"), prepared, tmp_path / "run", note=quiet)
    assert (tmp_path / "run" / "history.csv").read_text().count("\n") == 3
    assert (tmp_path / "run" / "weights.npz").is_file()


def test_a_network_with_one_output_learns_too(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 4)
    shown = Targets(votes=0, smoothing=0, repeats={"drawn": 100})
    config = tiny_config(network="sequential", options={}, size=64, epochs=1, rate=1e-3, average=0.0, targets=shown)
    fit(config, prepared, tmp_path / "run", note=quiet)
    model = new_model(config)
    set_weights(model, read_weights(tmp_path / "run"))
    learned = validation_of(config, prepared, "train")
    logits = two_logits(predict_logits(model, learned.inputs))
    assert (logits.argmax(axis=1) == learned.classes).all()


def test_faces_for_a_model_of_photos_and_a_set_without_known_labels_are_refused(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 4)
    with pytest.raises(Permanent, match="photo"):
        fit(tiny_config(subject="photo"), prepared, tmp_path / "run", note=quiet)
    with pytest.raises(Permanent, match="no face"):
        fit(tiny_config(labels=("angry", "fear")), prepared, tmp_path / "other", note=quiet)


def test_a_blend_is_a_run_with_weights_of_both(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 12, val=2)
    fit(tiny_config(epochs=1), prepared, tmp_path / "first", note=quiet)
    first = read_weights(tmp_path / "first")
    fit(tiny_config(epochs=2), prepared, tmp_path / "next", start=first, note=quiet)
    later, out = read_weights(tmp_path / "next"), str(tmp_path / "blend")
    command = ["blend", "--run", str(tmp_path / "next"), "--earlier", str(tmp_path / "first"), "--out", out]
    assert main([*command, "--share", "1.5"]) == 1
    assert main([*command, "--share", "0.25"]) == 0
    for key, value in read_weights(tmp_path / "blend").items():
        np.testing.assert_allclose(value, 0.75 * later[key] + 0.25 * first[key], rtol=1e-5, atol=1e-6)
    assert json.loads((tmp_path / "blend" / "run.json").read_text())["blend"]["share"] == 0.25
    assert main([*command, "--share", "0.25"]) == 1
    fit(tiny_config(epochs=1, options={"widths": (4, 8, 24), "depths": (1, 1)}), prepared, tmp_path / "x", note=quiet)
    with pytest.raises(Permanent, match="not of one network"):
        blend(tmp_path / "next", tmp_path / "x", 0.5, tmp_path / "other")


def test_only_the_head_of_a_beginning_may_be_another(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad", "neutral"), 4)
    fit(tiny_config(epochs=1), prepared, tmp_path / "two", note=quiet)
    start = read_weights(tmp_path / "two")
    three = tiny_config(labels=("happy", "sad", "neutral"), epochs=1)
    fit(three, prepared, tmp_path / "three", start=start, note=quiet)
    with pytest.raises(Permanent, match="another network"):
        set_weights(new_model(three), start)
    wider = tiny_config(options={"widths": (4, 8, 24), "depths": (1, 1)})
    with pytest.raises(Permanent, match="another network"):
        fit(wider, prepared, tmp_path / "wider", start=start, note=quiet)
    deeper = tiny_config(options={"widths": (4, 8, 16), "depths": (1, 2)})
    with pytest.raises(Permanent, match="another network"):
        fit(deeper, prepared, tmp_path / "deeper", start=start, note=quiet)


def test_the_same_seed_gives_the_same_batches_and_another_epoch_others() -> None:
    batches = Batches(draw_prepared(("happy", "sad"), 20), tiny_config(augment=load_config("ship").augment, mixup=0.2))
    first, again, later = (list(batches.epoch(number)) for number in (0, 0, 1))
    assert all(np.array_equal(a.inputs, b.inputs) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0].inputs, later[0].inputs)
    assert all(np.allclose(batch.targets.sum(axis=1), 1) for batch in first)


def test_the_sequential_of_system_2_has_the_parameter_table_of_its_author() -> None:
    config = load_config("sequential256")
    model = build(config.network, size=config.size, channels=config.channels, classes=2)
    counts = [layer.count_params() for layer in model.layers if layer.count_params()]
    assert counts == [448, 4_640, 4_624, 3_686_656, 257]
    flat = next(layer for layer in model.layers if isinstance(layer, keras.layers.Flatten))
    assert flat.output.shape[-1] == 14_400


@pytest.mark.parametrize("path", sorted(Path("training/learn/configs").glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_every_config_builds_its_network_and_names_its_command(path: Path) -> None:
    config = load_config(path.stem)
    model = build(
        config.network, size=config.size, channels=config.channels, classes=len(config.labels), **config.options
    )
    assert model.output_shape[-1] in (1, len(config.labels))
    assert f"--config {path.stem}" in path.read_text().split('"""')[1]


def test_an_unknown_config_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Permanent) as raised:
        load_config("nothing")
    assert "ship" in raised.value.hint


def test_a_refined_run_killed_between_two_readings_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 12, val=2)
    config = tiny_config(epochs=4, refine=0.5, refine_from=1)
    fit(config, prepared, tmp_path / "whole", note=quiet)
    fit(config, prepared, tmp_path / "parts", stop_after=3, note=quiet)
    fit(config, prepared, tmp_path / "parts", note=quiet)
    _check_same_weights(tmp_path / "whole", tmp_path / "parts")


def test_a_run_begins_with_another_runs_weights_and_says_so(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 12, val=2)
    fit(tiny_config(epochs=1), prepared, tmp_path / "first", note=quiet)
    first = read_weights(tmp_path / "first")
    fit(tiny_config(epochs=1, rate=0.0, decay=0.0), prepared, tmp_path / "next", start=first, note=quiet)
    model = new_model(tiny_config())
    trained = {str(i) for i, weight in enumerate(model.weights) if weight.trainable}
    after = read_weights(tmp_path / "next")
    for key in trained:
        np.testing.assert_array_equal(after[key], first[key])
    assert json.loads((tmp_path / "next" / "run.json").read_text())["start"]
    with pytest.raises(Permanent, match="another config"):
        fit(tiny_config(epochs=1, rate=0.0, decay=0.0), prepared, tmp_path / "next", note=quiet)


def test_nothing_is_learned_from_a_set_for_choosing(tmp_path: Path) -> None:
    prepared = draw_prepared(("happy", "sad"), 4, val=2)
    rows = tuple(replace(row, source="affect_val") for row in prepared.rows)
    with pytest.raises(Permanent, match="choosing only"):
        fit(tiny_config(epochs=1), replace(prepared, rows=rows), tmp_path / "run", note=quiet)


def test_every_validation_set_counts_the_same() -> None:
    prepared = draw_prepared(("happy", "sad"), 0, val=5)
    rows = tuple(replace(row, source="other") if index < 2 else row for index, row in enumerate(prepared.rows))
    validation = validation_of(tiny_config(), replace(prepared, rows=rows), "val")
    model = new_model(tiny_config())
    pooled = replace(validation, sources=("one",) * 10)
    parts = [
        replace(
            validation,
            inputs=validation.inputs[chosen],
            classes=validation.classes[chosen],
            sources=validation.sources[chosen],
        )
        for chosen in (slice(2), slice(2, None))
    ]
    loss, accuracy = measure(model, validation)
    assert loss == pytest.approx(np.mean([measure(model, part)[0] for part in parts]), rel=1e-5)
    assert accuracy == pytest.approx(np.mean([measure(model, part)[1] for part in parts]))
    assert loss != pytest.approx(measure(model, pooled)[0], rel=1e-6)
