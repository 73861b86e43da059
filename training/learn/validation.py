"""The faces that choices are made on while a network learns, and how well it does on them. Knows no learning."""

import math
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.training.data.prepared import Prepared
from organiser.training.learn.batches import cut_inputs
from organiser.training.learn.config import Config, input_of
from organiser.training.networks.network import predict_logits, two_logits


@dataclass(frozen=True, slots=True)
class Validation:
    """Faces on which choices are made: inputs uint8[N, h, w, C], classes int64[N], and the set each belongs to."""

    inputs: NDArray[np.uint8]
    classes: NDArray[np.int64]
    sources: tuple[str, ...]


def validation_of(config: Config, prepared: Prepared, fold: str = "val") -> Validation:
    """Return the undisturbed inputs and classes of one fold; faces of labels the network does not know are left out."""
    chosen = [i for i, row in enumerate(prepared.rows) if row.fold == fold and row.label in config.labels]
    classes = np.array([config.labels.index(prepared.rows[i].label) for i in chosen], np.int64)
    sources = tuple(prepared.rows[i].source for i in chosen)
    return Validation(cut_inputs(prepared.crops[chosen], input_of(config)), classes, sources)


def measure(model: keras.Model, validation: Validation) -> tuple[float, float]:
    """Return loss and accuracy, the mean over the sets: a small set of other faces counts as much as a large one."""
    if not len(validation.classes):
        return math.nan, math.nan
    logits = two_logits(predict_logits(model, validation.inputs)).astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    surprise = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(shifted)), validation.classes]
    right = logits.argmax(axis=1) == validation.classes
    sources = np.array(validation.sources)
    sets = [sources == source for source in sorted(set(validation.sources))]
    return float(np.mean([surprise[own].mean() for own in sets])), float(np.mean([right[own].mean() for own in sets]))
