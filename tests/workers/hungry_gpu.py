"""A GPU worker whose network finds no memory, on the CPU neither, until a file is there.

`python hungry_gpu.py FILE`; the file lies beside the organiser's home.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from organiser.bootstrap import open_services
from organiser.jobs.services import ActiveModel, Services
from organiser.settings.reading import load
from organiser.vision.bundle import Bundle
from organiser.vision.classifiers import calibrated, spec_of
from organiser.workers import logs
from organiser.workers.consuming.worker import WorkerOptions, run

LAST_RESORT = "the CPU was asked, too"


class Hungry:
    """A classifier whose network asks TensorFlow for more memory than there is while a file is missing."""

    def __init__(self, bundle: Bundle, memory: Path) -> None:
        from organiser.training.ship.backend import Feeder, forward_of, load_network
        from tests.training.hungry import hungry

        network = load_network(bundle.weights("keras"))
        rich, poor = forward_of(network), forward_of(hungry(network, most=0))
        self._manifest, self.spec = bundle.manifest, spec_of(bundle)

        def forward(inputs: NDArray[np.float32], on_cpu: bool) -> NDArray[np.float32]:
            if memory.exists():
                return rich(inputs, on_cpu)
            if on_cpu:
                print(LAST_RESORT, flush=True)
            return poor(inputs, on_cpu)

        self._feeder = Feeder(forward, 16)

    def predict(self, crops: NDArray[np.uint8] | Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return calibrated.predict(self._manifest, crops, self._feeder.run)


def main() -> int:
    settings = replace(load(os.environ), device="gpu")
    logs.configure("info")
    made: list[Hungry] = []

    def classifier(model: ActiveModel) -> Hungry:
        if not made:
            made.append(Hungry(model.bundle, settings.home.parent / sys.argv[1]))
        return made[0]

    def open_own() -> Services:
        return replace(open_services(settings), classifier=classifier)

    return run(settings, WorkerOptions(), open_own)


if __name__ == "__main__":
    sys.exit(main())
