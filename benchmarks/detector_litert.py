"""YuNet in LiteRT beside onnxruntime: `python benchmarks/detector_litert.py convert FOLDER PICTURES` (needs the extra
`training`), then `… passes FOLDER PICTURES`, and `… photos FOLDER PICTURES` with `--runtime onnx`, or `litert` and
`--cell 32 --keep 40`.

`convert` builds the network of the installed ONNX file in Keras and writes it to FOLDER as LiteRT float32, float16 and int8
(ranges from PICTURES). The four heads of a scale become one of 16 channels, and RGB is taken as it is. `passes` prints the
milliseconds of processor time a pass and the largest difference from onnxruntime's candidates. `photos` detects in each of
PICTURES twice with inputs filled up to whole cells of `--cell` pixels, keeping interpreters prepared for up to `--keep` million
pixels, and prints the processor time a photo of the second round and the growth of the process.
"""

import argparse
import os
import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray

from organiser.vision.detectors import onnx_shapes, yunet, yunet_network

_SIZES = ((192, 192), (320, 320), (352, 512), (384, 512), (704, 1024))
_KINDS = ("float32", "float16", "int8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=("convert", "passes", "photos"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--runtime", choices=("onnx", "litert"), default="onnx")
    parser.add_argument("--cell", type=int, default=32)
    parser.add_argument("--keep", type=float, default=40)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.work == "convert":
        options.folder.mkdir(parents=True, exist_ok=True)
        for kind in _KINDS:
            (options.folder / f"{kind}.tflite").write_bytes(convert(kind, options.pictures))
    elif options.work == "passes":
        passes(options.folder, next(read(options.pictures)))
    else:
        photos(options)


def read(folder: Path) -> Iterator[NDArray[np.uint8]]:
    for path in sorted(folder.rglob("*.jpg")):
        image = cv2.imread(str(path))
        if image is not None:
            yield np.asarray(image[..., ::-1], np.uint8)


def passes(folder: Path, picture: NDArray[np.uint8]) -> None:
    session = yunet_network.Network()
    for height, width in _SIZES:
        image = np.asarray(cv2.resize(picture, (width, height)), np.uint8)
        theirs = session.forward(image, 0.3)
        print(f"{width}x{height}: onnxruntime {_timed(session, image):.2f} ms", end="")
        for kind in _KINDS:
            network = LiteRT(folder / f"{kind}.tflite", 32, 40e6)
            ours = network.forward(image, 0.3)
            off = f"{np.abs(ours - theirs).max(initial=0):.1g}" if len(ours) == len(theirs) else "other candidates"
            print(f", {kind} {_timed(network, image):.2f} ms ({off})", end="")
        print()


def _timed(network: "yunet_network.Network | LiteRT", image: NDArray[np.uint8]) -> float:
    times = []
    for _ in range(30):
        start = time.process_time()
        network.forward(image, 0.3)
        times.append(time.process_time() - start)
    return float(np.median(times)) * 1e3


def photos(options: argparse.Namespace) -> None:
    detector = yunet.YuNet()
    if options.runtime == "litert":
        network: Any = LiteRT(options.folder / "float32.tflite", options.cell, options.keep * 1e6)
        detector._network = network  # noqa: SLF001
    process = psutil.Process()
    before, spent, count = process.memory_info().rss, 0.0, 0
    for again in (False, True):
        for picture in read(options.pictures):
            start = time.process_time()
            detector.detect(picture)
            spent += (time.process_time() - start) * again
            count += again
    grown = (process.memory_info().rss - before) / 1e6
    print(f"{options.runtime}: {spent / count * 1e3:.1f} ms a photo, the process grew by {grown:.0f} MB", end="")
    print(f", {network.prepared} interpreters prepared" if options.runtime == "litert" else "")


class LiteRT:
    """What `yunet_network.Network` is, run by LiteRT: one interpreter for each size of input, the last used are kept."""

    def __init__(self, file: Path, cell: int, keep: float) -> None:
        self._model, self._cell, self._keep = file.read_bytes(), cell, keep
        self._ready: OrderedDict[tuple[int, int], Any] = OrderedDict()
        self.prepared = 0

    def forward(self, image: NDArray[np.uint8], least: float) -> NDArray[np.float32]:
        height, width = image.shape[:2]
        size = height + -height % self._cell, width + -width % self._cell
        interpreter = self._interpreter(size)
        entry = interpreter.get_input_details()[0]
        seen = np.zeros((1, *size, 3), entry["dtype"])
        seen[0, :height, :width] = image
        interpreter.set_tensor(entry["index"], seen)
        interpreter.invoke()
        outputs = []
        for leave in sorted(interpreter.get_output_details(), key=lambda leave: -leave["shape"][1]):
            cells = interpreter.get_tensor(leave["index"]).reshape(1, -1, 16)
            scores = 1 / (1 + np.exp(-cells[..., :2]))
            outputs += [scores[..., :1], scores[..., 1:], cells[..., 2:6], cells[..., 6:]]
        return yunet_network._decode(outputs, size[1], least)  # noqa: SLF001

    def _interpreter(self, size: tuple[int, int]) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        if size not in self._ready:
            self.prepared += 1
            made = Interpreter(model_content=self._model, num_threads=1)
            made.resize_tensor_input(made.get_input_details()[0]["index"], (1, *size, 3))
            made.allocate_tensors()
            self._ready[size] = made
            while len(self._ready) > 1 and sum(height * width for height, width in self._ready) > self._keep:
                self._ready.popitem(last=False)
        self._ready.move_to_end(size)
        return self._ready[size]


def convert(kind: str, pictures: Path) -> bytes:
    """Return the network as a LiteRT file, its height and width free."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    model = network(weights(yunet_network._file()))  # noqa: SLF001
    graph = tf.function(model.call, input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32)])
    frozen = convert_variables_to_constants_v2(graph.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8":
        known = [
            np.asarray(cv2.resize(image, (512, 384))[None], np.float32)
            for image, _ in zip(read(pictures), range(60), strict=False)
        ]
        converter.representative_dataset = lambda: ([image] for image in known)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
    return bytes(converter.convert())


Weights = tuple[NDArray[np.float32], NDArray[np.float32]]


def weights(model: bytes) -> list[Weights]:
    """Return kernel and bias of each convolution in the order of the ONNX file `model`.

    Field numbers from onnx.proto3: GraphProto.node = 1, initializer = 5; NodeProto.input = 1, op_type = 4;
    TensorProto.dims = 1, data_type = 2, name = 8, raw_data = 9.
    """
    graph = _contents(model, 7)[0]
    tensors = {}
    for tensor in _contents(graph, 5):
        dims = [onnx_shapes._varint(raw, 1)[0] for field, raw, _ in onnx_shapes._fields(tensor) if field == 1]  # noqa: SLF001
        raw_data = _contents(tensor, 9)
        if raw_data and len(raw_data[0]) == 4 * np.prod(dims):
            tensors[_contents(tensor, 8)[0]] = np.frombuffer(raw_data[0], np.float32).reshape(dims)
    inputs = [_contents(node, 1) for node in _contents(graph, 1) if _contents(node, 4) == [b"Conv"]]
    return [(tensors[kernel], tensors[bias]) for _, kernel, bias in inputs]


def _contents(message: bytes, wanted: int) -> list[bytes]:
    fields = onnx_shapes._fields(message)
    return [content for field, _, content in fields if field == wanted and content is not None]


def joined(heads: list[Weights]) -> Weights:
    return np.concatenate([kernel for kernel, _ in heads]), np.concatenate([bias for _, bias in heads])


def network(convolutions: list[Weights]) -> Any:
    """Return the Keras network: float32[N, H, W, 3] RGB 0–255 to three float32[N, H/s, W/s, 16], logits first."""
    import keras
    import tensorflow as tf
    from keras import layers

    rest = iter(convolutions)

    def made(layer: Any, x: Any, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> Any:
        y = layer(x)
        layer.set_weights([kernel, bias])
        return y

    def unit(x: Any, point: Weights, depth: Weights, activation: str | None = "relu") -> Any:
        y = made(layers.Conv2D(len(point[0]), 1), x, point[0].transpose(2, 3, 1, 0), point[1])
        wise = layers.DepthwiseConv2D(3, padding="same", activation=activation)
        return made(wise, y, depth[0].transpose(2, 3, 0, 1), depth[1])

    def twice(x: Any) -> Any:
        return layers.Lambda(lambda v: tf.nn.depth_to_space(tf.concat([v] * 4, -1), 2))(x)

    entry = keras.Input((None, None, 3))
    first, bias = next(rest)
    stem = layers.Conv2D(16, 3, strides=2, activation="relu")
    x = made(stem, layers.ZeroPadding2D(1)(entry), first.transpose(2, 3, 1, 0)[:, :, ::-1], bias)
    scales = []
    for number, units in enumerate((1, 4, 2, 2, 2)):
        x = layers.MaxPooling2D(2)(x) if number else x
        for _ in range(units):
            x = unit(x, next(rest), next(rest))
        scales.append(x)
    wide = unit(scales[4], next(rest), next(rest))
    middle = unit(layers.Add()([scales[3], twice(wide)]), next(rest), next(rest))
    near = unit(layers.Add()([scales[2], twice(middle)]), next(rest), next(rest))
    # The file has class, box, object, points; of each the strides 8, 16, 32; of each the two convolutions.
    heads = list(rest)
    leave = []
    for stride, x in enumerate((near, middle, wide)):
        pairs = [heads[2 * (3 * part + stride) :][:2] for part in (0, 2, 1, 3)]
        point, depth = (joined([pair[half] for pair in pairs]) for half in (0, 1))
        leave.append(unit(x, point, depth, None))
    return keras.Model(entry, leave)


if __name__ == "__main__":
    main()
