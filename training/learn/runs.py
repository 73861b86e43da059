"""A run folder on disk: what every training leaves behind, however it trained.

Owns `run.json` (what was asked, git revision, versions) and arrays such as `weights.npz`, written whole or not at all.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.evaluate.revision import revision


def begin(folder: Path, asked: Mapping[str, Any], found: Mapping[str, Any] | None = None) -> None:
    """Write `run.json`, or refuse to go on with a run of which something else was asked.

    Args:
        asked: config, data and beginning; a run goes on only where they are the same.
        found: what is told besides and need not be the same.
    """
    path = folder / "run.json"
    if path.is_file():
        known = json.loads(path.read_text())
        if {key: known.get(key, "") for key in asked} != json.loads(json.dumps(asked)):
            raise Permanent(f"{folder} holds a run of another config or other data", "choose another --out")
        return
    versions = {"keras": keras.__version__, "backend": keras.backend.backend(), "numpy": np.__version__}
    about = {**asked, **(found or {}), "git": revision(), "versions": versions}
    path.write_text(json.dumps(about, indent=2) + "\n")


def save(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays to the npz file `path`; killed on the way, what was there stays."""
    temporary = path.with_suffix(".tmp.npz")
    np.savez(temporary, allow_pickle=False, **arrays)
    os.replace(temporary, path)


def read_weights(folder: Path) -> dict[str, NDArray[Any]]:
    """Return the averaged weights of a run, in the order of `model.weights`, under the keys "0", "1", …"""
    path = folder / "weights.npz"
    if not path.is_file():
        raise Permanent(f"{folder}: no trained weights", "train with: python -m organiser.training fit")
    with np.load(path, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def weights_digest(folder: Path) -> str:
    """Return sha256 (hex) of the file that holds a run's weights."""
    return hashlib.sha256((folder / "weights.npz").read_bytes()).hexdigest()


def backbone_of(folder: Path) -> str:
    """Return sha256 of the weights, trained by others, that a run goes back to; "" when it began at random."""
    path = folder / "run.json"
    return str(json.loads(path.read_text()).get("backbone", "")) if path.is_file() else ""
