"""`evaluate`: how good a reader is on prepared faces; JSON, Markdown and PNG into one folder.

A reader is anything that gives probabilities for canonical crops: a bundle on either backend, a run, a peer's model
file. Owns the report; knows nothing of how readers work inside.
"""

import csv
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from training.metrics import confusion, interval, pair_confidence, summary
from training.plots import draw_confusion, draw_reliability, draw_risk_coverage
from training.prepared import Prepared
from training.sheet import write_grid

_WARM_UP: Final = 64


class Reader(Protocol):
    """Something that reads emotions from faces; `labels` orders the columns of what `predict` returns."""

    @property
    def name(self) -> str:
        """What the report calls it."""
        ...

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Emotions in the order of the probabilities."""
        ...

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32[N, K] probabilities of canonical crops, uint8[N, 128, 128, 3]."""
        ...


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces to judge a reader by: crops uint8[N, 128, 128, 3], true labels, FER+ votes and names."""

    crops: NDArray[np.uint8]
    labels: tuple[str, ...]
    votes: tuple[str, ...]
    names: tuple[str, ...]


def faces_of(prepared: Prepared, fold: str, source: str = "") -> Faces:
    """Return the faces of one fold (and one source, when named) of a set that was loaded in colour."""
    chosen = [i for i, r in enumerate(prepared.rows) if r.fold == fold and source in ("", r.source)]
    rows = [prepared.rows[i] for i in chosen]
    return Faces(
        prepared.crops[chosen], tuple(r.label for r in rows), tuple(r.votes for r in rows), tuple(r.name for r in rows)
    )


def read_groups(file: Path) -> dict[str, str]:
    """Return the group of each face by name from a CSV with the columns `name` and `group`."""
    with file.open(newline="") as text:
        return {row["name"]: row["group"] for row in csv.DictReader(text)}


def evaluate(
    reader: Reader,
    faces: Faces,
    folder: Path | None = None,
    *,
    rounds: int = 1000,
    groups: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the figures of `reader` on `faces`, and write report and plots to `folder` when given.

    Faces whose label the reader does not know are left out and counted.

    Args:
        rounds: of the bootstrap; 0 leaves intervals out.
        groups: face name → group, for the share of right answers by group; faces may be in none.
    """
    chosen = [i for i, label in enumerate(faces.labels) if label in reader.labels]
    classes = np.array([reader.labels.index(faces.labels[i]) for i in chosen], np.int64)
    # What is paid once, loading and tracing, is no part of what a face costs.
    reader.predict(faces.crops[chosen[:_WARM_UP]])
    began = time.perf_counter()
    probabilities = reader.predict(faces.crops[chosen])
    seconds = time.perf_counter() - began
    result = {
        "reader": reader.name,
        **summary(probabilities, classes, reader.labels, rounds=rounds),
        "bytes": reader.size,
        "left_out": len(faces.labels) - len(chosen),
        "milliseconds_per_face": 1000 * seconds / max(len(chosen), 1),
    }
    agreed = np.array([_agreed(faces.votes[i], faces.labels[i]) for i in chosen], bool)
    if {"happy", "sad"} <= set(reader.labels) and agreed.any():
        happy, sad = reader.labels.index("happy"), reader.labels.index("sad")
        right = pair_confidence(probabilities[agreed], classes[agreed], happy, sad)[1]
        result["happy_sad_accuracy_five_agree"] = float(right.mean())
        result["happy_sad_faces_five_agree"] = len(right)
    if groups:
        grouped = [groups.get(faces.names[i], "") for i in chosen]
        result["groups"] = by_group(grouped, probabilities.argmax(axis=1) == classes, rounds)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metrics.json").write_text(json.dumps(result, indent=2) + "\n")
        (folder / "report.md").write_text(markdown([result]))
        _draw(reader, faces, chosen, probabilities, classes, folder)
    return result


def by_group(groups: Sequence[str], right: NDArray[np.bool_], rounds: int = 1000) -> dict[str, dict[str, Any]]:
    """Return faces and share of right answers of each group but "", with a 95 % bootstrap interval."""
    names = np.array(groups)
    result: dict[str, dict[str, Any]] = {}
    for name in sorted(set(groups) - {""}):
        hits = right[names == name]
        result[name] = {"faces": len(hits), "right": float(hits.mean())}
        if rounds:
            shares = hits.astype(np.float32)[:, None]
            nothing = np.zeros(len(hits), np.int64)
            result[name]["right_95"] = interval(shares, nothing, lambda drawn, _: float(drawn.mean()), rounds, 0)
    return result


def markdown(results: Sequence[dict[str, Any]]) -> str:
    """Return the figures of several readers as one Markdown table, and each one's report per class."""
    head = ("reader", "faces", "happy/sad accuracy", "AUC", "happy F1", "sad F1", "accuracy", "ECE", "wrong at 90 %")
    lines = ["| " + " | ".join((*head, "ms/face", "MB")) + " |", "|" + "---|" * 11]
    for r in results:
        cells = [r["reader"], str(r["faces"])]
        cells += [_with_interval(r, key) for key in ("happy_sad_accuracy", "happy_sad_auc", "happy_f1", "sad_f1")]
        cells += [f"{r['accuracy']:.3f}", f"{r['ece']:.3f}"]
        cells += [f"{r['wrong_at_90_coverage']:.3f}" if "wrong_at_90_coverage" in r else "–"]
        cells += [f"{r['milliseconds_per_face']:.2f}", f"{r['bytes'] / 1e6:.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    for r in results:
        for name, group in r.get("groups", {}).items():
            lines += ["", f"{r['reader']}, {name}: right {_with_interval(group, 'right')} of {group['faces']}"]
    for r in results:
        lines += ["", f"{r['reader']}:", "", "| class | precision | recall | F1 | faces |", "|---|---|---|---|---|"]
        lines += [
            f"| {label} | {s['precision']:.3f} | {s['recall']:.3f} | {s['f1']:.3f} | {s['support']} |"
            for label, s in r["report"].items()
        ]
    return "\n".join(lines) + "\n"


def _with_interval(result: dict[str, Any], key: str) -> str:
    if key not in result:
        return "–"
    text = f"{result[key]:.3f}"
    if f"{key}_95" in result:
        low, high = result[f"{key}_95"]
        text += f" ({low:.3f}–{high:.3f})"
    return text


def _agreed(votes: str, label: str) -> bool:
    """Whether at least five of the ten raters saw the happy or sad that the label says."""
    counts = [int(count) for count in votes.split()]
    column = {"happy": 1, "sad": 3}.get(label)
    return column is not None and bool(counts) and counts[column] >= 5


def _draw(
    reader: Reader,
    faces: Faces,
    chosen: Sequence[int],
    probabilities: NDArray[np.float32],
    classes: NDArray[np.int64],
    folder: Path,
) -> None:
    answers = probabilities.argmax(axis=1)
    draw_confusion(confusion(answers, classes, len(reader.labels)), reader.labels, folder / "confusion.png")
    draw_reliability(probabilities, classes, folder / "reliability.png")
    if {"happy", "sad"} <= set(reader.labels):
        pair = pair_confidence(probabilities, classes, reader.labels.index("happy"), reader.labels.index("sad"))
        draw_risk_coverage(*pair, folder / "risk-coverage.png")
    sure = probabilities.max(axis=1)
    wrong = [int(i) for i in np.argsort(-sure) if answers[i] != classes[i]][:24]
    spread = np.linspace(0, len(chosen) - 1, min(24, len(chosen))).astype(int).tolist()
    for name, picked in (("worst", wrong), ("grid", spread)):
        captions = [f"{reader.labels[answers[i]]} {sure[i]:.2f}, is {faces.labels[chosen[i]]}" for i in picked]
        write_grid(folder / f"{name}.png", [faces.crops[chosen[i]] for i in picked], captions)
