"""A network at hand: built from its config, given a run's weights, asked for logits.

Owns how weights fit a network and how it is asked; knows nothing of how it learns. Any Keras backend runs it.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.learn.config import Config
from organiser.training.networks.architectures import build

Arrays = Mapping[str, NDArray[Any]]


def new_model(config: Config) -> keras.Model:
    """Return the untrained network of `config`, the same for the same seed."""
    keras.utils.set_random_seed(config.seed)
    keras.mixed_precision.set_global_policy(config.policy)
    try:
        return build(
            config.network, size=config.size, channels=config.channels, classes=len(config.labels), **config.options
        )
    finally:
        keras.mixed_precision.set_global_policy("float32")


def set_weights(model: keras.Model, arrays: Arrays, *, other_head: bool = False) -> None:
    """Give `model` weights as `read_weights` returns them.

    Args:
        other_head: leave the layer called "head" as it is where its shape differs (a network of other classes).

    Raises:
        Permanent: they are another network's.
    """
    fits = [arrays.get(str(n), np.empty(0)).shape == tuple(v.shape) for n, v in enumerate(model.weights)]
    strange = [v.path for v, fit in zip(model.weights, fits, strict=True) if not (fit or (other_head and _in_head(v)))]
    if strange or len(arrays) != len(fits):
        first = strange[0] if strange else "the number of layers"
        raise Permanent(f"these weights are another network's: {first} differs", "see the config in its run.json")
    for number, variable in enumerate(model.weights):
        if fits[number]:
            variable.assign(arrays[str(number)].astype(np.float32))


def _in_head(variable: Any) -> bool:
    return str(variable.path).split("/", maxsplit=1)[0] == "head"


def predict_logits(model: keras.Model, inputs: NDArray[np.uint8], batch: int = 256) -> NDArray[np.float32]:
    """Return float32[N, K] logits of inputs uint8[N, h, w, C]; one fixed batch size, the last batch padded."""
    parts = []
    for start in range(0, len(inputs), batch):
        part = inputs[start : start + batch].astype(np.float32)
        padded = np.concatenate([part, np.zeros((batch - len(part), *part.shape[1:]), np.float32)])
        parts.append(np.asarray(model.predict_on_batch(padded), np.float32)[: len(part)])
    return np.concatenate(parts) if parts else np.empty((0, model.output_shape[-1]), np.float32)


def two_logits(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return logits of two classes, float32[N, 2], from a network with one output, [N, 1]; others pass unchanged."""
    return np.concatenate([np.zeros_like(logits), logits], axis=1) if logits.shape[1] == 1 else logits


def run_logits(model: keras.Model, inputs: NDArray[np.uint8], views: int) -> NDArray[np.float32]:
    """Return float32[N, K] logits; with two views the mean over each input and its mirror image, asked in one go."""
    if views != 2:
        return two_logits(predict_logits(model, inputs))
    logits = two_logits(predict_logits(model, np.concatenate([inputs, inputs[:, :, ::-1]])))
    return np.asarray((logits[: len(inputs)] + logits[len(inputs) :]) / 2, np.float32)
