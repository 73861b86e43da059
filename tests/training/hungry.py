"""A layer that asks TensorFlow for memory no machine has, so that its own allocator gives its own error."""

import keras
import tensorflow as tf

_NOBODY_HAS = 2**25
"""The side of a square of bytes that no process can address, whatever the system promises without having it."""


class Hungry(keras.layers.Layer):
    """Passes its input on; takes memory that is there for `most` pictures in a batch and for more of them is not.

    Args:
        most: pictures a batch may have.
        spares_eager: only a compiled pass, which stands for the accelerator's, is hungry; the CPU's runs eagerly.
    """

    def __init__(self, most: int, *, spares_eager: bool = False) -> None:
        super().__init__()
        self._most, self._spares_eager = most, spares_eager

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        if self._spares_eager and tf.executing_eagerly():
            return inputs
        side = tf.where(tf.shape(inputs)[0] > self._most, _NOBODY_HAS, 1)
        taken = tf.raw_ops.Empty(shape=[side, side], dtype=tf.uint8, init=True)
        return inputs + tf.cast(taken[0, 0], tf.float32)


def hungry(network: keras.Model, most: int, *, spares_eager: bool = False) -> keras.Model:
    """Return the network with the layer before it."""
    return keras.Sequential([keras.Input(network.input_shape[1:]), Hungry(most, spares_eager=spares_eager), network])
