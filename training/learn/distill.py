"""Teachers: networks whose answers a later run learns from (Hinton et al. 2015, arXiv:1503.02531).

Owns how a run or a bundle is asked for its answers and what a run may begin with; what becomes of the answers is
`organiser.training.learn.refine`'s.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.training.evaluate.calibrate import softmax
from organiser.training.evaluate.predictors import config_of
from organiser.training.learn.config import input_of
from organiser.training.learn.runs import backbone_of, read_weights, weights_digest
from organiser.training.networks.network import Arrays, new_model, run_logits, set_weights
from organiser.training.ship.backend import load_network
from organiser.vision.bundle import Input
from organiser.vision.bundle import load as load_bundle

_MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class NetworkTeacher:
    """A network as a teacher; see :class:`organiser.training.learn.refine.Teacher`.

    Attributes:
        digest: sha256 of the file of its weights.
        subject: "face" or "photo".
        shape: how its input is cut from a crop.
        backbone: sha256 of the weights, trained by others, that it goes back to, or "".
    """

    name: str
    digest: str
    labels: tuple[str, ...]
    subject: str
    shape: Input
    backbone: str
    model: keras.Model

    def answers(self, inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, K]: uncalibrated probabilities, from the mean logits of each input and its mirror image."""
        return softmax(run_logits(self.model, inputs, 2))


def open_network(folder: Path) -> NetworkTeacher:
    """Return the teacher in `folder`, a run's or a bundle's.

    A run answers in the precision it was trained in: being asked costs time.

    Raises:
        Permanent: the run has no trained network.
        BundleError: the bundle is damaged or has no Keras weights.
    """
    return _of_bundle(folder) if (folder / _MANIFEST).is_file() else _of_run(folder)


def beginning(folder: Path) -> tuple[Arrays, str]:
    """Return the weights of the run or bundle in `folder`, and its backbone's digest as `NetworkTeacher` has it.

    Raises:
        Permanent, BundleError: as `open_network`.
    """
    if (folder / _MANIFEST).is_file():
        teacher = _of_bundle(folder)
        return {str(number): weight for number, weight in enumerate(teacher.model.get_weights())}, teacher.backbone
    return read_weights(folder), backbone_of(folder)


def _of_run(folder: Path) -> NetworkTeacher:
    config = config_of(folder)
    model = new_model(config)
    set_weights(model, read_weights(folder))
    digest, backbone = weights_digest(folder), backbone_of(folder)
    return NetworkTeacher(folder.name, digest, config.labels, config.subject, input_of(config), backbone, model)


def _of_bundle(folder: Path) -> NetworkTeacher:
    bundle = load_bundle(folder)
    manifest = bundle.manifest
    model = load_network(bundle.weights("keras"))
    labels = tuple(str(label) for label in manifest.labels)
    backbone = str(manifest.provenance.get("backbone", ""))
    digest = manifest.weights["keras"].sha256
    return NetworkTeacher(manifest.model, digest, labels, manifest.subject, manifest.input, backbone, model)
