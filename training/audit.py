"""`audit`: where a reader breaks. The same faces in worse conditions, and whether it looks at the face at all.

A slice falls off a cliff when happy-against-sad accuracy on it is more than `LEAST` allows below that of the
undisturbed faces. Owns the disturbances and the verdict; knows no networks.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.evaluate import Faces, Reader
from training.metrics import class_f1, pair_accuracy
from training.plots import draw_heat

Crop = NDArray[np.uint8]
Disturb = Callable[[Crop], Crop]

CLIFFS: Final[Mapping[str, float]] = {
    "height 96": 0.01, "height 48": 0.02, "height 32": 0.03, "height 24": 0.05, "height 16": 0.12,
    "blur 1": 0.02, "blur 2": 0.04, "jpeg 50": 0.01, "jpeg 20": 0.03, "dark": 0.04, "bright": 0.04,
    "turned 10": 0.03, "turned -10": 0.03, "glasses": 0.06, "mouth hidden": 0.30, "grey": 0.01, "mirrored": 0.01,
}  # fmt: skip
"""The most happy-against-sad accuracy a slice may lose against the undisturbed faces, 0–1."""

_FACE_HEIGHT: Final = 84
"""Height in crop pixels from brow to chin in the template: what "a face of n pixels" is scaled from."""


def disturbances() -> dict[str, Disturb]:
    """Return every slice's disturbance of a canonical crop, by the names of `CLIFFS`."""
    made: dict[str, Disturb] = {f"height {n}": _coarse(n) for n in (96, 48, 32, 24, 16)}
    made |= {f"blur {s}": _blurred(s) for s in (1, 2)}
    made |= {f"jpeg {q}": _jpeg(q) for q in (50, 20)}
    made |= {"dark": _lit(0.3, 0), "bright": _lit(1.6, 60), "turned 10": _turned(10), "turned -10": _turned(-10)}
    made |= {"glasses": _glasses, "mouth hidden": _masked(40, 78, 48, 26), "grey": _grey, "mirrored": _mirrored}
    return made


def audit(reader: Reader, faces: Faces, folder: Path) -> list[str]:
    """Write `audit.json`, `audit.md` and `attention.png` to `folder`; return the slices that fell off a cliff."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [i for i, label in enumerate(faces.labels) if label in reader.labels]
    crops = faces.crops[chosen]
    classes = np.array([reader.labels.index(faces.labels[i]) for i in chosen], np.int64)
    plain = reader.predict(crops)
    whole = _figures(reader, plain, classes)
    slices: dict[str, dict[str, float]] = {"undisturbed": whole}
    fallen = []
    for name, disturb in disturbances().items():
        answers = reader.predict(np.stack([disturb(crop) for crop in crops]))
        slices[name] = _figures(reader, answers, classes) | {"same": _same(answers, plain)}
        lost = whole["happy_sad_accuracy"] - slices[name]["happy_sad_accuracy"]
        if lost > CLIFFS[name]:
            fallen.append(f"{name}: {100 * lost:.1f} points lost, {100 * CLIFFS[name]:.0f} allowed")
    blank = _figures(reader, reader.predict(np.stack([_blanked(crop) for crop in crops])), classes)
    slices["face blanked"] = blank
    if blank["happy_sad_accuracy"] > 0.75:
        fallen.append(f"face blanked: still {blank['happy_sad_accuracy']:.3f} right, so it reads the surroundings")
    heat = attention(reader, crops, classes)
    inside = _share_inside(heat)
    if inside < 0.8:
        fallen.append(f"attention: only {inside:.2f} of it lies on the face")
    result = {"reader": reader.name, "faces": len(chosen), "slices": slices, "on_face": inside, "fallen": fallen}
    (folder / "audit.json").write_text(json.dumps(result, indent=2) + "\n")
    (folder / "audit.md").write_text(_markdown(result))
    draw_heat(crops[classes == reader.labels.index("happy")].mean(axis=0), heat, folder / "attention.png")
    return fallen


def attention(reader: Reader, crops: NDArray[np.uint8], classes: NDArray[np.int64], most: int = 64) -> NDArray[Any]:
    """Return float[16, 16]: how much the true class's probability falls when a 16-pixel patch there is greyed.

    Mean over up to `most` happy and sad faces, after Zeiler & Fergus 2013 (arXiv:1311.2901).
    """
    pair = [reader.labels.index("happy"), reader.labels.index("sad")]
    picked = np.flatnonzero(np.isin(classes, pair))[:most]
    rows = np.arange(len(picked))
    before = reader.predict(crops[picked])[rows, classes[picked]]
    heat = np.zeros((16, 16))
    for row in range(16):
        for column in range(16):
            hidden = crops[picked].copy()
            top, left = max(row * 8 - 4, 0), max(column * 8 - 4, 0)
            hidden[:, top : row * 8 + 12, left : column * 8 + 12] = 128
            heat[row, column] = float((before - reader.predict(hidden)[rows, classes[picked]]).mean())
    return heat


def _figures(reader: Reader, probabilities: NDArray[np.float32], classes: NDArray[np.int64]) -> dict[str, float]:
    happy, sad = reader.labels.index("happy"), reader.labels.index("sad")
    return {
        "happy_sad_accuracy": pair_accuracy(probabilities, classes, happy, sad),
        "happy_f1": class_f1(probabilities, classes, happy),
        "sad_f1": class_f1(probabilities, classes, sad),
    }


def _same(answers: NDArray[np.float32], plain: NDArray[np.float32]) -> float:
    return float((answers.argmax(axis=1) == plain.argmax(axis=1)).mean())


def _share_inside(heat: NDArray[Any]) -> float:
    """Share of positive attention inside the inner window's face, rows and columns 4–13 of 16."""
    drop = np.maximum(heat, 0)
    return float(drop[3:14, 3:13].sum() / max(drop.sum(), 1e-9))


def _coarse(height: int) -> Disturb:
    side = max(round(128 * height / _FACE_HEIGHT), 1)

    def disturb(crop: Crop) -> Crop:
        small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA if side < 128 else cv2.INTER_LINEAR)
        back = cv2.INTER_LINEAR if side < 128 else cv2.INTER_AREA
        return np.asarray(cv2.resize(small, (128, 128), interpolation=back), np.uint8)

    return disturb


def _blurred(sigma: float) -> Disturb:
    return lambda crop: np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma * 128 / _FACE_HEIGHT), np.uint8)


def _jpeg(quality: int) -> Disturb:
    def disturb(crop: Crop) -> Crop:
        _, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), np.uint8)

    return disturb


def _lit(gain: float, offset: float) -> Disturb:
    return lambda crop: np.clip(crop * gain + offset, 0, 255).astype(np.uint8)


def _turned(degrees: float) -> Disturb:
    matrix = cv2.getRotationMatrix2D((63.5, 63.5), degrees, 1.0)
    return lambda crop: np.asarray(cv2.warpAffine(crop, matrix, (128, 128)), np.uint8)


def _masked(x: int, y: int, w: int, h: int) -> Disturb:
    def disturb(crop: Crop) -> Crop:
        hidden = crop.copy()
        hidden[y : y + h, x : x + w] = 60
        return hidden

    return disturb


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
    lines = [f"{result['reader']}, {result['faces']} faces", ""]
    lines += ["| slice | happy/sad | happy F1 | sad F1 | same answer |", "|---|---|---|---|---|"]
    for name, figures in result["slices"].items():
        same = f"{figures['same']:.3f}" if "same" in figures else "–"
        cells = [f"{figures[key]:.3f}" for key in ("happy_sad_accuracy", "happy_f1", "sad_f1")]
        lines.append("| " + " | ".join([name, *cells, same]) + " |")
    lines += ["", f"Attention on the face: {result['on_face']:.2f}", ""]
    lines += [f"- fell: {text}" for text in result["fallen"]] or ["No slice fell off a cliff."]
    return "\n".join(lines) + "\n"
