"""`fit --from-bundle`: teaches a bundle's head a person's own corrections, on the person's own machine, in minutes.

All layers but the head stay as they are, so a few dozen corrections cannot undo what thousands of faces taught; the
bundle's calibration is kept. The result is a run, exported like any other.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from organiser.errors import Permanent
from organiser.vision.bundle import load
from training.calibrate import write_calibration
from training.config import Config
from training.fit import fit
from training.prepared import Prepared


def finetune(bundle: Path, corrections: Prepared, regimen: Config, folder: Path) -> None:
    """Train the head of `bundle` on `corrections` into the run `folder`.

    What is trained and how its input is cut comes from the bundle; how long and with which disturbances from `regimen`.
    """
    opened = load(bundle)
    manifest = opened.manifest
    if "config" not in manifest.provenance:
        raise Permanent(f"{bundle}: its manifest does not say how the network is built")
    own = Config.from_dict(manifest.provenance["config"])
    config = replace(
        own,
        version=f"{manifest.version}+{corrections.digest[:8]}",
        sources=(),
        targets=regimen.targets,
        augment=regimen.augment,
        epochs=regimen.epochs,
        batch=regimen.batch,
        rate=regimen.rate,
        warmup=regimen.warmup,
        decay=regimen.decay,
        mixup=regimen.mixup,
        average=regimen.average,
        policy=regimen.policy,
        seed=regimen.seed,
    )
    with np.load(opened.weights("keras"), allow_pickle=False) as file:
        start = {key: file[key] for key in file.files if key != "architecture"}
    fit(config, corrections, folder, start=start, only_head=True)
    write_calibration(folder, manifest.calibration)
