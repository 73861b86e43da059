"""`audit`: where a predictor breaks. The same faces in worse conditions, and whether it looks at the face at all.

A slice falls off a cliff when happy-against-sad accuracy on it is more than `CLIFFS` allows below that of the
undisturbed faces. Owns the disturbances and the verdict; knows no networks.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.faces import Faces
from organiser.training.evaluate.metrics import class_f1, has_both, pair_accuracy
from organiser.training.evaluate.predictor import Predictor
from organiser.training.reports.plots import draw_heat
from organiser.training.reports.provenance import about

Crop = NDArray[np.uint8]
Corruption = Callable[[Crop], Crop]

CLIFFS: Final[Mapping[str, float]] = {
    "height 96": 0.01, "height 48": 0.02, "height 32": 0.03, "height 24": 0.05, "height 16": 0.12,
    "blur 1": 0.02, "blur 2": 0.04, "jpeg 50": 0.01, "jpeg 20": 0.03, "dark": 0.04, "bright": 0.04,
    "turned 10": 0.03, "turned -10": 0.03, "glasses": 0.06, "mouth hidden": 0.30, "grey": 0.01, "mirrored": 0.01,
}  # fmt: skip
"""The most happy-against-sad accuracy a slice may lose against the undisturbed faces, 0–1."""

BLANKED: Final = 0.65
"""The most that may still be right of happy and of sad faces, each counted half, when the face is blanked; chance: 0.5."""

ON_FACE: Final = 0.8
"""The least share of the attention that must lie on the face."""

_FACE_HEIGHT: Final = 84
"""Height in crop pixels from brow to chin in the template: what "a face of n pixels" is scaled from."""


def corruptions() -> dict[str, Corruption]:
    """Return every slice's disturbance of a canonical crop, by the names of `CLIFFS`."""
    made: dict[str, Corruption] = {f"height {n}": _coarse(n) for n in (96, 48, 32, 24, 16)}
    made |= {f"blur {s}": _blurred(s) for s in (1, 2)}
    made |= {f"jpeg {q}": _jpeg(q) for q in (50, 20)}
    made |= {"dark": _lit(0.3, 0), "bright": _lit(1.6, 60), "turned 10": _turned(10), "turned -10": _turned(-10)}
    made |= {"glasses": _glasses, "mouth hidden": _masked(40, 78, 48, 26), "grey": _grey, "mirrored": _mirrored}
    return made


def audit(predictor: Predictor, faces: Faces, folder: Path) -> list[str]:
    """Write `audit.json`, `audit.md` and `attention.png` to `folder`; return what fell, empty when nothing did.

    Raises:
        Permanent: the predictor judges no faces, or does not know happy and sad, or there are no faces of both.
    """
    judged, classes = _judged(predictor, faces)
    folder.mkdir(parents=True, exist_ok=True)
    slices = _slices(predictor, judged.crops, classes)
    heat = attention(predictor, judged.crops, classes)
    inside = _share_inside(heat)
    result = {
        "predictor": predictor.name,
        "faces": len(classes),
        "slices": slices,
        "on_face": inside,
        "fallen": _fallen(slices, inside),
        "about": about(judged, {"predictor": predictor}),
    }
    (folder / "audit.json").write_text(json.dumps(result, indent=2) + "\n")
    (folder / "audit.md").write_text(_markdown(result))
    draw_heat(judged.crops[classes == predictor.labels.index("happy")].mean(axis=0), heat, folder / "attention.png")
    return _fallen(slices, inside)


def attention(
    predictor: Predictor, crops: NDArray[np.uint8], classes: NDArray[np.int64], most: int = 64
) -> NDArray[Any]:
    """Return float[16, 16]: how much the true class's probability falls when a 16-pixel patch there is greyed.

    Happy and sad faces count half each, up to `most` of them together, spread evenly over those given; there must be
    some of both. After Zeiler & Fergus 2013 (arXiv:1311.2901).
    """
    heats = []
    for label in ("happy", "sad"):
        index = predictor.labels.index(label)
        there = np.flatnonzero(classes == index)
        spread = np.linspace(0, len(there) - 1, min(most // 2, len(there))).astype(int)
        heats.append(_heat(predictor, crops[there[spread]], index))
    return np.asarray(np.mean(heats, axis=0))


def _heat(predictor: Predictor, crops: NDArray[np.uint8], index: int) -> NDArray[Any]:
    before = predictor.predict(crops)[:, index]
    heat = np.zeros((16, 16))
    for row in range(16):
        for column in range(16):
            hidden = crops.copy()
            top, left = max(row * 8 - 4, 0), max(column * 8 - 4, 0)
            hidden[:, top : row * 8 + 12, left : column * 8 + 12] = 128
            heat[row, column] = float((before - predictor.predict(hidden)[:, index]).mean())
    return heat


def _judged(predictor: Predictor, faces: Faces) -> tuple[Faces, NDArray[np.int64]]:
    """Return the faces whose label the predictor knows, and their classes; Permanent when the audit has no sense."""
    if predictor.subject != "face" or not {"happy", "sad"} <= set(predictor.labels):
        raise Permanent(f"{predictor.name}: only predictors of happy and sad faces are audited")
    judged = faces.labelled(predictor.labels)
    classes = judged.classes(predictor.labels)
    if not has_both(classes, predictor.labels.index("happy"), predictor.labels.index("sad")):
        raise Permanent("the audit needs happy faces and sad faces", "choose another --fold or --source")
    return judged, classes


def _slices(predictor: Predictor, crops: NDArray[np.uint8], classes: NDArray[np.int64]) -> dict[str, dict[str, float]]:
    """Return the figures of every slice by its name, "undisturbed" first and "face blanked" last."""
    plain = predictor.predict(crops)
    slices = {"undisturbed": _figures(predictor, plain, classes)}
    for name, corrupt in corruptions().items():
        answers = predictor.predict(np.stack([corrupt(crop) for crop in crops]))
        slices[name] = _figures(predictor, answers, classes) | {"same": _same(answers, plain)}
    blank = predictor.predict(np.stack([_blanked(crop) for crop in crops]))
    slices["face blanked"] = _figures(predictor, blank, classes) | {"balanced": _balanced(predictor, blank, classes)}
    return slices


def _fallen(slices: Mapping[str, Mapping[str, float]], inside: float) -> list[str]:
    """Return what is not as it must be, a sentence each."""
    fallen = []
    for name, allowed in CLIFFS.items():
        lost = slices["undisturbed"]["happy_sad_accuracy"] - slices[name]["happy_sad_accuracy"]
        if lost > allowed:
            fallen.append(f"{name}: {100 * lost:.1f} points lost, {100 * allowed:.0f} allowed")
    balanced = slices["face blanked"]["balanced"]
    if balanced > BLANKED:
        fallen.append(f"face blanked: still {balanced:.3f} right of happy and sad, so it reads the surroundings")
    if inside < ON_FACE:
        fallen.append(f"attention: only {inside:.2f} of it lies on the face")
    return fallen


def _figures(predictor: Predictor, probabilities: NDArray[np.float32], classes: NDArray[np.int64]) -> dict[str, float]:
    happy, sad = predictor.labels.index("happy"), predictor.labels.index("sad")
    return {
        "happy_sad_accuracy": pair_accuracy(probabilities, classes, happy, sad),
        "happy_f1": class_f1(probabilities, classes, happy),
        "sad_f1": class_f1(probabilities, classes, sad),
    }


def _balanced(predictor: Predictor, probabilities: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    """Return the mean of the shares right of happy and of sad faces: 0.5 for whoever always answers the same."""
    happy, sad = predictor.labels.index("happy"), predictor.labels.index("sad")
    each = [
        pair_accuracy(probabilities[classes == emotion], classes[classes == emotion], happy, sad)
        for emotion in (happy, sad)
    ]
    return sum(each) / 2


def _same(answers: NDArray[np.float32], plain: NDArray[np.float32]) -> float:
    return float((answers.argmax(axis=1) == plain.argmax(axis=1)).mean())


def _share_inside(heat: NDArray[Any]) -> float:
    """Share of positive attention on the face: of the 16 rows of patches the 4th to 14th, of the columns to the 13th."""
    drop = np.maximum(heat, 0)
    return float(drop[3:14, 3:13].sum() / max(drop.sum(), 1e-9))


def _coarse(height: int) -> Corruption:
    side = max(round(128 * height / _FACE_HEIGHT), 1)

    def corrupt(crop: Crop) -> Crop:
        small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA if side < 128 else cv2.INTER_LINEAR)
        back = cv2.INTER_LINEAR if side < 128 else cv2.INTER_AREA
        return np.asarray(cv2.resize(small, (128, 128), interpolation=back), np.uint8)

    return corrupt


def _blurred(sigma: float) -> Corruption:
    return lambda crop: np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma * 128 / _FACE_HEIGHT), np.uint8)


def _jpeg(quality: int) -> Corruption:
    def corrupt(crop: Crop) -> Crop:
        _, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)

    return corrupt


def _lit(gain: float, offset: float) -> Corruption:
    return lambda crop: np.clip(crop * gain + offset, 0, 255).astype(np.uint8)


def _turned(degrees: float) -> Corruption:
    matrix = cv2.getRotationMatrix2D((63.5, 63.5), degrees, 1.0)
    return lambda crop: np.asarray(cv2.warpAffine(crop, matrix, (128, 128)), np.uint8)


def _masked(x: int, y: int, w: int, h: int) -> Corruption:
    def corrupt(crop: Crop) -> Crop:
        hidden = crop.copy()
        hidden[y : y + h, x : x + w] = 60
        return hidden

    return corrupt


def _glasses(crop: Crop) -> Crop:
    drawn = crop.copy()
    for x in (46, 82):
        cv2.circle(drawn, (x, 53), 14, (20, 20, 20), 3, cv2.LINE_AA)
    cv2.line(drawn, (60, 51), (68, 51), (20, 20, 20), 3, cv2.LINE_AA)
    return drawn


def _grey(crop: Crop) -> Crop:
    return np.repeat(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)


def _mirrored(crop: Crop) -> Crop:
    return np.ascontiguousarray(crop[:, ::-1])


def _blanked(crop: Crop) -> Crop:
    hidden = crop.copy()
    cv2.ellipse(hidden, (64, 72), (38, 50), 0, 0, 360, (128, 128, 128), -1)
    return hidden


def _markdown(result: dict[str, Any]) -> str:
    lines = [f"{result['predictor']}, {result['faces']} faces", ""]
    lines += ["| slice | happy/sad | happy F1 | sad F1 | same answer |", "|---|---|---|---|---|"]
    for name, figures in result["slices"].items():
        same = f"{figures['same']:.3f}" if "same" in figures else "–"
        cells = [f"{figures[key]:.3f}" for key in ("happy_sad_accuracy", "happy_f1", "sad_f1")]
        lines.append("| " + " | ".join([name, *cells, same]) + " |")
    lines += ["", f"Attention on the face: {result['on_face']:.2f}", ""]
    lines += [f"- fell: {text}" for text in result["fallen"]] or ["No slice fell off a cliff."]
    return "\n".join(lines) + "\n"
