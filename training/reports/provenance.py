"""What a report was made of, so that its figures can be made again: predictors, faces, code and versions."""

import importlib.metadata
from collections.abc import Mapping
from typing import Any, Final, Protocol

from organiser.training.data.faces import Faces
from organiser.training.evaluate.revision import revision

_PACKAGES: Final = {"keras": "keras", "numpy": "numpy", "litert": "ai-edge-litert"}


class Named(Protocol):
    """Something whose answers a report is about."""

    @property
    def name(self) -> str:
        """What the report calls it."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 (hex) that names the very weights: of a bundle's manifest, of a run's or an external weights file."""
        ...


def about(faces: Faces, predictors: Mapping[str, Named]) -> dict[str, Any]:
    """Return the entry "about" of a report's JSON.

    Args:
        faces: those that were judged.
        predictors: role → predictor; each role becomes an entry with name and digest.
    """
    return {
        **{role: {"name": predictor.name, "digest": predictor.digest} for role, predictor in predictors.items()},
        "data": faces.data,
        "fold": faces.fold,
        "source": faces.source,
        "faces": len(faces.labels),
        "git": revision(),
        "versions": {name: importlib.metadata.version(package) for name, package in _PACKAGES.items()},
    }
