"""Turns a Keras network into LiteRT files and runs them; the only place besides `external` that needs TensorFlow itself."""

import warnings
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def to_int8(model: keras.Model, representative: NDArray[np.uint8]) -> bytes:
    """Return `model` as an int8 LiteRT file: uint8 pictures in, float32 logits out.

    Args:
        representative: uint8[N, h, w, C] inputs as they come in use; their activations set the ranges.
    """
    import tensorflow as tf

    converter = _converter(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None].astype(np.float32)] for image in representative)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.float32
    with warnings.catch_warnings():
        # TensorFlow warns that no input statistics are given, which only an older way of quantising takes.
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
        return bytes(converter.convert())


def run_litert(network: bytes, inputs: NDArray[np.uint8], batch: int = 64) -> NDArray[np.float32]:
    """Return float32[N, K], what the LiteRT file `network` gives for inputs uint8[N, h, w, C]."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=network, num_threads=2)
    entry, leave = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(entry["index"], (batch, *inputs.shape[1:]))
    interpreter.allocate_tensors()
    parts = []
    for start in range(0, len(inputs), batch):
        part = inputs[start : start + batch]
        padded = np.zeros((batch, *inputs.shape[1:]), np.uint8)
        padded[: len(part)] = part
        interpreter.set_tensor(entry["index"], padded.astype(entry["dtype"]))
        interpreter.invoke()
        parts.append(np.array(interpreter.get_tensor(leave["index"]), np.float32)[: len(part)])
    return np.concatenate(parts)


def _converter(model: keras.Model) -> Any:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    # No fixed batch: a layer that flattens would write it into the file, and other batches could not be run.
    shape = (None, *model.input_shape[1:])
    graph = tf.function(lambda x: model(x, training=False), input_signature=[tf.TensorSpec(shape, tf.float32)])
    # The converter's own freezing leaves Keras 3 variables unread ("READ_VARIABLE failed"), so they are frozen here.
    frozen = convert_variables_to_constants_v2(graph.get_concrete_function())
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen])
