"""`fit`: trains one config on a prepared set into a run folder; resumable after a kill, seeded, the same each time.

A run folder holds `run.json` (config, git revision, data digest, versions), `history.csv`, `curves.png`,
`checkpoint.npz` (everything needed to go on) and `weights.npz` (the averaged weights that evaluation and export
read). Owns the loop; refuses to know sources and what is done with the result. Any Keras backend runs it.
"""

import csv
import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.prepared import Prepared
from organiser.training.data.sources import CHOOSING_ONLY
from organiser.training.learn.answers import Answers, answers_of
from organiser.training.learn.batches import Batch, Batches, cut_inputs
from organiser.training.learn.config import Config, input_of
from organiser.training.learn.refine import Teacher, check_teachers, is_due, reading, refined, taught
from organiser.training.learn.runs import begin, save
from organiser.training.learn.validation import Validation, measure, validation_of
from organiser.training.networks.network import Arrays, new_model, run_logits, set_weights

_AVERAGE_EVERY: Final = 8
_FIELDS: Final = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "rate", "seconds")


@dataclass(slots=True)
class State:
    """How far a run is: epochs done, best validation loss and when, running means of weights and of own answers."""

    epoch: int = 0
    best: float = math.inf
    best_epoch: int = 0
    average: list[NDArray[np.float32]] | None = None
    answers: NDArray[np.float32] | None = None


def fit(
    config: Config,
    prepared: Prepared,
    folder: Path,
    *,
    start: Arrays | None = None,
    backbone: str = "",
    teachers: Sequence[Teacher | Answers] = (),
    stop_after: int = 0,
    note: Callable[[str], None] = print,
) -> None:
    """Train `config`, going on from the checkpoint in `folder` when there is one.

    Args:
        start: weights to begin with instead of random ones, as `read_weights` returns them.
        backbone: sha256 of the weights trained by others that `start` goes back to.
        teachers: whose answers take the share `config.refine` of the targets, in place of the network's own.
        stop_after: stop once this many epochs are done in all, as if killed; 0 for never.

    Raises:
        Permanent: the data show another subject or no known label, `start` fits another network, a teacher knows
            other classes, or `folder` holds another run.
    """
    prepared.require(config.subject)
    _refuse_choosing(prepared)
    folder.mkdir(parents=True, exist_ok=True)
    check_teachers(teachers, config.labels)
    asked = {"config": config.to_dict(), "data": prepared.digest, "start": _digest(start)}
    asked["teachers"] = ",".join(teacher.digest for teacher in teachers)
    found = {"backbone": backbone, "teacher_backbones": sorted({teacher.backbone for teacher in teachers} - {""})}
    begin(folder, asked, {key: value for key, value in found.items() if value})
    shown = _showable(teachers) if config.consistent else ()
    train = _learnable(prepared, unlabelled=bool(teachers))
    batches, validation = Batches(train, config), validation_of(config, prepared)
    if not batches.faces:
        raise Permanent("no face to learn from", f"the config knows: {', '.join(config.labels)}")
    model = _compiled(config, start)
    state = _resumed(model, folder / "checkpoint.npz")
    note(f"{config.name}: {model.count_params():,} parameters, {batches.faces} faces, {batches.per_epoch} steps/epoch")
    while state.epoch < config.epochs and not (stop_after and state.epoch >= stop_after):
        if config.patience and state.epoch - state.best_epoch >= config.patience:
            note(f"no better for {config.patience} epochs: stopped")
            break
        if not shown:
            _refine(config, model, train, batches, state, teachers)
        _epoch(config, model, batches, validation, state, folder, note, shown)
    _draw_curves(folder)


def _epoch(
    config: Config,
    model: keras.Model,
    batches: Batches,
    validation: Validation,
    state: State,
    folder: Path,
    note: Callable[[str], None],
    teachers: Sequence[Teacher],
) -> None:
    began = time.monotonic()
    total = batches.per_epoch * config.epochs
    losses, hits = [], []
    for at, batch in enumerate(batches.epoch(state.epoch)):
        step = state.epoch * batches.per_epoch + at
        rate = _rate(config, step / batches.per_epoch, total / batches.per_epoch)
        model.optimizer.learning_rate.assign(rate)
        loss, hit = _step(model, _answered(batch, teachers, config.refine))
        losses.append(loss)
        hits.append(hit)
        if config.average and step % _AVERAGE_EVERY == 0:
            _update_average(model, state, config.average, step)
        if at % 50 == 49:
            note(f"  {state.epoch + 1}/{config.epochs} {at + 1}/{batches.per_epoch} loss {np.mean(losses[-50:]):.4f}")
    state.epoch += 1
    with _averaged(model, state):
        val_loss, val_accuracy = measure(model, validation)
        better = not val_loss >= state.best  # true of nan: without validation faces the latest is the best there is
        if better or not config.patience:
            save(folder / "weights.npz", {str(i): np.asarray(w) for i, w in enumerate(model.get_weights())})
    if better:
        state.best, state.best_epoch = val_loss, state.epoch
    save(folder / "checkpoint.npz", _checkpoint(model, state))
    took = time.monotonic() - began
    record = (state.epoch, np.mean(losses), np.mean(hits), val_loss, val_accuracy, rate, took)
    _append(folder / "history.csv", record)
    note(" ".join(f"{name} {value:.4g}" for name, value in zip(_FIELDS, record, strict=True)))


def _refine(
    config: Config,
    model: keras.Model,
    train: Prepared,
    batches: Batches,
    state: State,
    teachers: Sequence[Teacher | Answers],
) -> None:
    """Give the batches answers to the undisturbed faces: the teachers', or the network's own, read anew when due."""
    if teachers:
        if state.answers is None:
            state.answers = answers_of(teachers, train, input_of(config))
    elif is_due(state.epoch, config.refine, config.refine_from):
        inputs = cut_inputs(train.crops, input_of(config))
        with _averaged(model, state):
            state.answers = reading(run_logits(model, inputs, 2), state.answers)
    if state.answers is not None:
        batches.refine(state.answers)


def _answered(batch: Batch, teachers: Sequence[Teacher], share: float) -> Batch:
    """Return `batch` with `share` of its targets replaced by what the teachers, if any, answer to its pictures."""
    if not teachers:
        return batch
    return replace(batch, targets=refined(batch.targets, taught(teachers, batch.inputs), share))


@contextmanager
def _averaged(model: keras.Model, state: State) -> Iterator[None]:
    """Give the model the running mean of its weights for a while."""
    live = [np.asarray(weight) for weight in model.get_weights()]
    if state.average is not None:
        model.set_weights(state.average)
    try:
        yield
    finally:
        model.set_weights(live)


def _step(model: keras.Model, batch: Batch) -> tuple[float, float]:
    targets = batch.targets[:, 1:] if model.output_shape[-1] == 1 else batch.targets
    results = model.train_on_batch(
        batch.inputs.astype(np.float32), targets, sample_weight=batch.weights, return_dict=True
    )
    return float(results["loss"]), float(results["hit"])


def _compiled(config: Config, start: Arrays | None) -> keras.Model:
    model = new_model(config)
    if start is not None:
        set_weights(model, start, other_head=True)
    single = model.output_shape[-1] == 1
    loss = (
        keras.losses.BinaryCrossentropy(from_logits=True)
        if single
        else keras.losses.CategoricalCrossentropy(from_logits=True)
    )
    hit = (
        keras.metrics.BinaryAccuracy(name="hit", threshold=0.0)
        if single
        else keras.metrics.CategoricalAccuracy(name="hit")
    )
    optimizer = keras.optimizers.AdamW(config.rate, weight_decay=config.decay)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    model.compile(optimizer, loss, metrics=[hit])
    optimizer.build(model.trainable_variables)
    return model


def _rate(config: Config, epoch: float, epochs: float) -> float:
    """Learning rate at a fractional epoch: linear warm-up, then half a cosine down to 0."""
    if epoch < config.warmup:
        return config.rate * (epoch + 0.02) / (config.warmup + 0.02)
    share = (epoch - config.warmup) / max(epochs - config.warmup, 1e-9)
    return config.rate * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def _update_average(model: keras.Model, state: State, keep: float, step: int) -> None:
    """Move the running mean of all weights (batch statistics too) towards the present ones; short memory at first."""
    present = [np.asarray(weight, np.float32) for weight in model.get_weights()]
    if state.average is None:
        state.average = [weight.copy() for weight in present]
        return
    updates = step // _AVERAGE_EVERY
    keep = min(keep, (1 + updates) / (10 + updates))
    state.average = [mean + (1 - keep) * (weight - mean) for mean, weight in zip(state.average, present, strict=True)]


def _checkpoint(model: keras.Model, state: State) -> dict[str, NDArray[Any]]:
    arrays = {f"model/{i}": np.asarray(v) for i, v in enumerate(_variables(model))}
    arrays |= {f"optimizer/{i}": np.asarray(v) for i, v in enumerate(model.optimizer.variables)}
    arrays |= {f"average/{i}": v for i, v in enumerate(state.average or [])}
    if state.answers is not None:
        arrays["answers"] = state.answers
    return arrays | {"state": np.array([state.epoch, state.best, state.best_epoch])}


def _variables(model: keras.Model) -> list[Any]:
    return [keras.ops.convert_to_numpy(variable) for variable in model.variables]


def _resumed(model: keras.Model, path: Path) -> State:
    if not path.is_file():
        return State()
    with np.load(path, allow_pickle=False) as arrays:
        for number, variable in enumerate(model.variables):
            variable.assign(arrays[f"model/{number}"])
        for number, variable in enumerate(model.optimizer.variables):
            variable.assign(arrays[f"optimizer/{number}"])
        count = sum(key.startswith("average/") for key in arrays.files)
        average = [arrays[f"average/{number}"] for number in range(count)] or None
        answers = arrays["answers"] if "answers" in arrays.files else None
        epoch, best, best_epoch = arrays["state"].tolist()
    return State(int(epoch), best, int(best_epoch), average, answers)


def _digest(start: Arrays | None) -> str:
    """Return sha256 of the weights a run begins with, "" for random ones."""
    if not start:
        return ""
    digest = hashlib.sha256()
    for number in range(len(start)):
        digest.update(np.ascontiguousarray(start[str(number)]).tobytes())
    return digest.hexdigest()


def _refuse_choosing(prepared: Prepared) -> None:
    if learned := {row.source for row in prepared.rows if row.fold == "train"} & set(CHOOSING_ONLY):
        raise Permanent(f"{', '.join(sorted(learned))}: for choosing only, never learned from", "prepare --choosing")


def _showable(teachers: Sequence[Teacher | Answers]) -> Sequence[Teacher]:
    """Return the teachers, all of which can be shown disturbed pictures."""
    if kept := [teacher.name for teacher in teachers if isinstance(teacher, Answers)]:
        raise Permanent(f"{kept[0]} answers for undisturbed faces only", "a consistent config needs --teacher RUN")
    return [teacher for teacher in teachers if not isinstance(teacher, Answers)]


def _learnable(prepared: Prepared, *, unlabelled: bool) -> Prepared:
    """Return the training faces; those without a label only where there is somebody to answer for them."""
    chosen = [i for i, row in enumerate(prepared.rows) if row.fold == "train" and (row.label or unlabelled)]
    rows = tuple(prepared.rows[i] for i in chosen)
    return replace(prepared, rows=rows, crops=prepared.crops[chosen], wholes=prepared.wholes[chosen])


def _append(path: Path, record: tuple[Any, ...]) -> None:
    new = not path.is_file()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(_FIELDS)
        writer.writerow(record)


def _draw_curves(folder: Path) -> None:
    from organiser.training.reports.plots import draw_curves

    if (folder / "history.csv").is_file():
        draw_curves(folder / "history.csv", folder / "curves.png")
