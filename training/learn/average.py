"""`blend`: the weighted mean of two runs' weights, one of which began with the other's, as a run of its own.

Of a fine-tuned network and the one it began with, such a mean often reads new kinds of pictures better than either
(Wortsman et al. 2022, arXiv:2109.01903). Knows run folders and weights only.
"""

import json
import shutil
from pathlib import Path

import numpy as np

from organiser.errors import Permanent
from organiser.training.learn.runs import read_weights, save, weights_digest


def blend(run: Path, earlier: Path, share: float, folder: Path) -> None:
    """Write to `folder` the run `run` with `share` (0–1) of the weights of the run `earlier` in it.

    Raises:
        Permanent: the two are not of one network, `share` is out of range, or `folder` holds a run already.
    """
    if not 0 < share < 1:
        raise Permanent(f"a share of {share} is no blend", "give one between 0 and 1")
    if (folder / "run.json").is_file():
        raise Permanent(f"{folder} holds a run already", "choose another --out")
    ours, theirs = read_weights(run), read_weights(earlier)
    if {key: value.shape for key, value in ours.items()} != {key: value.shape for key, value in theirs.items()}:
        raise Permanent(f"{run} and {earlier} are not of one network")
    mean = {key: np.asarray((1 - share) * ours[key] + share * theirs[key], np.float32) for key in ours}
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / "weights.npz", mean)
    shutil.copyfile(run / "history.csv", folder / "history.csv")
    blended = {"share": share, "weights": weights_digest(earlier)}
    about = {**json.loads((run / "run.json").read_text()), "blend": blended}
    # Last, for a folder with this file counts as a run.
    (folder / "run.json").write_text(json.dumps(about, indent=2) + "\n")
