"""Teachers: runs whose answers a later run learns from (Hinton et al. 2015, arXiv:1503.02531).

Owns how a run is asked for its answers; what becomes of them is `organiser.training.learn.refine`'s.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organiser.training.evaluate.calibrate import softmax
from organiser.training.evaluate.predictors import config_of
from organiser.training.learn.runs import read_weights, weights_digest
from organiser.training.networks.network import new_model, run_logits, set_weights


class RunTeacher:
    """A trained run as a teacher; see :class:`organiser.training.learn.refine.Teacher`.

    In its own precision: being asked costs time.
    """

    def __init__(self, folder: Path) -> None:
        self.config = config = config_of(folder)
        self._model = new_model(config)
        set_weights(self._model, read_weights(folder))
        self.name, self.digest, self.labels = folder.name, weights_digest(folder), config.labels

    def answers(self, inputs: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, K]: uncalibrated probabilities, from the mean logits of each input and its mirror image."""
        return softmax(run_logits(self._model, inputs, 2))
