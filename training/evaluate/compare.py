"""`compare`: two predictors on the same faces; what flips, and whether the new one may take over. Knows no networks.

Promotion is refused when the new predictor is worse beyond noise: when the 95 % bootstrap interval of its paired
difference in happy-against-sad accuracy, or in the open-set F1 of happy or sad, lies wholly below 0.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.faces import Faces
from organiser.training.evaluate.bootstrap import draws, middle
from organiser.training.evaluate.metrics import class_f1, has_both, pair_accuracy
from organiser.training.evaluate.predictor import Predictor
from organiser.training.reports.contact_sheet import write_grid
from organiser.training.reports.provenance import about

_ROUNDS: Final = 1000
_SHOWN: Final = 24

Figure = Callable[[NDArray[np.float32], NDArray[np.int64]], float]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of the old and the new predictor, and the 95 % interval of new − old."""

    name: str
    old: float
    new: float
    low: float
    high: float

    @property
    def worse(self) -> bool:
        """Whether the new predictor is worse beyond noise."""
        return self.high < 0


def compare(old: Predictor, new: Predictor, faces: Faces, folder: Path) -> list[Difference]:
    """Write `compare.json`, `compare.md` and `flips.png` to `folder`; return the differences.

    Only faces whose label both predictors know take part; the new predictor's columns are put in the old one's order.

    Raises:
        Permanent: the predictors do not both know happy and sad, or there is no face whose label both know.
    """
    labels = [label for label in old.labels if label in new.labels]
    if not {"happy", "sad"} <= set(labels):
        raise Permanent(f"{old.name} and {new.name} do not both know happy and sad")
    judged = faces.labelled(labels)
    classes, crops = judged.classes(labels), judged.crops
    folder.mkdir(parents=True, exist_ok=True)
    before, after = (_columns(predictor, crops, labels) for predictor in (old, new))
    differences = _differences(_figures(classes, labels), before, after, judged, classes)
    flips = np.flatnonzero(before.argmax(axis=1) != after.argmax(axis=1))
    mended = int((after[flips].argmax(axis=1) == classes[flips]).sum())
    broken = int((before[flips].argmax(axis=1) == classes[flips]).sum())
    result = {
        "old": old.name, "new": new.name, "faces": len(classes),
        "flips": len(flips), "mended": mended, "broken": broken,
        "figures": {d.name: {"old": d.old, "new": d.new, "low": d.low, "high": d.high} for d in differences},
        "about": about(judged, {"old": old, "new": new}),
    }  # fmt: skip
    (folder / "compare.json").write_text(json.dumps(result, indent=2) + "\n")
    (folder / "compare.md").write_text(_markdown(result))
    order = flips[np.argsort(-after[flips].max(axis=1))][:_SHOWN].tolist()
    captions = [f"{labels[before[i].argmax()]}>{labels[after[i].argmax()]}, is {labels[classes[i]]}" for i in order]
    write_grid(folder / "flips.png", [crops[i] for i in order], captions)
    return differences


def refuses(differences: list[Difference]) -> list[str]:
    """Return why promotion is refused; empty when the new predictor may take over."""
    return [
        f"{d.name}: {d.new:.4f} instead of {d.old:.4f} (95 % of {d.low:+.4f} … {d.high:+.4f})"
        for d in differences
        if d.worse
    ]


def _figures(classes: NDArray[np.int64], labels: list[str]) -> dict[str, Figure]:
    happy, sad = labels.index("happy"), labels.index("sad")
    pair: dict[str, Figure] = {"happy_sad_accuracy": lambda p, c: pair_accuracy(p, c, happy, sad)}
    return (pair if has_both(classes, happy, sad) else {}) | {
        "happy_f1": lambda p, c: class_f1(p, c, happy),
        "sad_f1": lambda p, c: class_f1(p, c, sad),
        "accuracy": lambda p, c: float((p.argmax(axis=1) == c).mean()),
    }


def _columns(predictor: Predictor, crops: NDArray[np.uint8], labels: list[str]) -> NDArray[np.float32]:
    chosen = predictor.predict(crops)[:, [predictor.labels.index(label) for label in labels]]
    return np.asarray(chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1e-12), np.float32)


def _differences(
    figures: dict[str, Figure],
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    judged: Faces,
    classes: NDArray[np.int64],
) -> list[Difference]:
    gains: dict[str, list[float]] = {name: [] for name in figures}
    for drawn in draws(judged.groups, _ROUNDS, 0):
        old, new, true = before[drawn], after[drawn], classes[drawn]
        for name, figure in figures.items():
            gains[name].append(figure(new, true) - figure(old, true))
    return [
        Difference(name, figure(before, classes), figure(after, classes), *middle(gains[name]))
        for name, figure in figures.items()
    ]


def _markdown(result: dict[str, Any]) -> str:
    lines = [f"{result['new']} against {result['old']}, {result['faces']} faces", ""]
    lines += ["| figure | old | new | 95 % of the difference |", "|---|---|---|---|"]
    for name, f in result["figures"].items():
        lines.append(f"| {name} | {f['old']:.4f} | {f['new']:.4f} | {f['low']:+.4f} … {f['high']:+.4f} |")
    lines += ["", f"{result['flips']} answers flip: {result['mended']} mended, {result['broken']} broken."]
    return "\n".join(lines) + "\n"
