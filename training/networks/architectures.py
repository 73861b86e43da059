"""The networks. Each takes uint8-valued pictures [N, size, size, channels] and gives float32 logits [N, classes].

Scaling is part of the network, so nobody can forget it. Keras layers only: any Keras backend builds them.
"""

from collections.abc import Sequence
from typing import Any, Final

import keras
from keras import layers

NORM_EPSILON: Final = 1e-3
"""Added to the variance in the norms of `mobilenet`."""

_CAFFE_MEANS: Final = (123.68, 116.779, 103.939)
"""What is taken off red, green and blue before the first layer of networks trained as VGGFace's were."""

_MOBILENET: Final = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
"""Width and stride of MobileNet v1's thirteen blocks."""


def build(name: str, *, size: int, channels: int, classes: int, **options: Any) -> keras.Model:
    """Return the network called `name`, one of the public functions below."""
    networks = {function.__name__: function for function in (residual, mobilenet, sequential, binary, three_class)}
    return networks[name](size, channels, classes, **options)


def residual(
    size: int,
    channels: int,
    classes: int,
    *,
    widths: Sequence[int] = (32, 64, 128, 192),
    depths: Sequence[int] = (1, 2, 2),
    dropout: float = 0.2,
) -> keras.Model:
    """A small residual network (after arXiv:1512.03385): stem at full and half size, one stage per further width."""
    inputs = layers.Input((size, size, channels))
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
    x = _convolved(x, widths[0], 3)
    x = _convolved(x, widths[1], 3, stride=2)
    for stage, (width, depth) in enumerate(zip(widths[1:], depths, strict=True)):
        for number in range(depth):
            x = _block(x, width, stride=2 if stage > 0 and number == 0 else 1)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dropout(dropout, seed=1)(x)
    return keras.Model(inputs, layers.Dense(classes, dtype="float32", name="head")(x), name="residual")


def mobilenet(
    size: int,
    channels: int,
    classes: int,
    *,
    stem: int = 32,
    blocks: Sequence[tuple[int, int]] = _MOBILENET,
    dropout: float = 0.2,
    frozen: int = 0,
) -> keras.Model:
    """MobileNet v1 (arXiv:1704.04861) with the layers named as in HSE FaceRes; `organiser.training.networks.pretrained`
    gives it weights.

    Its pointwise convolutions are dense layers: the same, and on CPUs TensorFlow's gradient of them is far faster. The
    stem and the first `frozen` blocks learn nothing, 0 for none: they keep what they were given, their norms' moments too.
    """
    inputs = layers.Input((size, size, channels))
    x = layers.Concatenate()([inputs] * 3) if channels == 1 else inputs
    x = layers.Rescaling(1.0, offset=[-mean for mean in _CAFFE_MEANS])(x)
    x = _normed(layers.Conv2D(stem, 3, strides=2, padding="same", use_bias=False, name="conv1")(x), "conv1")
    for number, (width, stride) in enumerate(blocks, 1):
        deep, point = f"conv_dw_{number}", f"conv_pw_{number}"
        x = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False, name=deep)(x)
        x = _normed(x, deep)
        x = _normed(layers.Dense(width, use_bias=False, name=point)(x), point)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dropout(dropout, seed=1)(x)
    model = keras.Model(inputs, layers.Dense(classes, dtype="float32", name="head")(x), name="mobilenet")
    lowest = {"conv1", *(f"conv_{kind}_{number}" for kind in ("dw", "pw") for number in range(1, frozen + 1))}
    for layer in model.layers:
        layer.trainable = not (frozen and layer.name.removesuffix("_bn") in lowest)
    return model


def sequential(size: int, channels: int, classes: int) -> keras.Model:
    """System 2: the plain Sequential on 256×256×3 with one output; parameters 448, 4,640, 4,624, 3,686,656, 257.

    Its one logit is that of the second class; `classes` says that there are two.
    """
    if classes != 2:
        raise ValueError("the Sequential of system 2 tells two classes apart")
    return keras.Sequential(
        [
            layers.Input((size, size, channels)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(1, dtype="float32", name="head"),
        ],
        name="sequential",
    )


def binary(size: int, channels: int, classes: int, *, widths: Sequence[int] = (16, 32, 64)) -> keras.Model:
    """Systems 1 and 3: plain convolutions, each halved by pooling, and a small dense layer."""
    inputs = layers.Input((size, size, channels))
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(inputs)
    for width in widths:
        x = layers.MaxPooling2D()(_convolved(x, width, 3))
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dropout(0.3, seed=1)(x)
    return keras.Model(inputs, layers.Dense(classes, dtype="float32", name="head")(x), name="binary")


def three_class(size: int, channels: int, classes: int) -> keras.Model:
    """System 4: two convolutions with pooling, flatten, two dense layers."""
    inputs = layers.Input((size, size, channels))
    x = layers.Rescaling(1 / 255)(inputs)
    for width in (32, 64):
        x = layers.MaxPooling2D()(layers.Conv2D(width, 3, activation="relu")(x))
    x = layers.Dense(128, activation="relu", name="features")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(classes, dtype="float32", name="head")(x), name="three_class")


def _normed(x: Any, name: str) -> Any:
    x = layers.BatchNormalization(epsilon=NORM_EPSILON, momentum=0.98, name=f"{name}_bn")(x)
    return layers.ReLU(6.0)(x)


def _convolved(x: Any, width: int, kernel: int, *, stride: int = 1, gamma: str = "ones", active: bool = True) -> Any:
    x = layers.Conv2D(width, kernel, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.BatchNormalization(momentum=0.98, gamma_initializer=gamma)(x)
    return layers.ReLU()(x) if active else x


def _block(x: Any, width: int, *, stride: int) -> Any:
    short = x
    if stride == 2:
        short = layers.AveragePooling2D(2)(short)
    if short.shape[-1] != width:
        short = _convolved(short, width, 1, active=False)
    y = _convolved(x, width, 3, stride=stride)
    # Starting each block as the identity lets a deep stack train from the first step (arXiv:1706.02677).
    y = _convolved(y, width, 3, gamma="zeros", active=False)
    return layers.ReLU()(layers.Add()([short, y]))
