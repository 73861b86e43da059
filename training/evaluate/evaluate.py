"""`evaluate`: how good a predictor is on prepared faces; JSON, Markdown and PNG into one folder.

Owns the report; knows nothing of how predictors work inside.
"""

import csv
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.faces import Faces
from organiser.training.evaluate.metrics import confusion, has_both, interval, pair_confidence, summary
from organiser.training.evaluate.predictor import Predictor
from organiser.training.reports.contact_sheet import write_grid
from organiser.training.reports.plots import draw_confusion, draw_reliability, draw_risk_coverage
from organiser.training.reports.provenance import about

_WARM_UP: Final = 64


def read_groups(file: Path) -> dict[str, str]:
    """Return the group of each face by name from a CSV with the columns `name` and `group`.

    Raises:
        Permanent: it cannot be read, or lacks a column.
    """
    try:
        with file.open(newline="") as text:
            return {row["name"]: row["group"] for row in csv.DictReader(text)}
    except OSError as error:
        raise Permanent(f"{file}: {error.strerror or error}") from error
    except KeyError as error:
        raise Permanent(f"{file}: no column {error}", "expected a CSV with the columns name and group") from error


def evaluate(
    predictor: Predictor,
    faces: Faces,
    folder: Path | None = None,
    *,
    rounds: int = 1000,
    groups: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the figures of `predictor` on `faces`, and write report and plots to `folder` when given.

    Faces whose label the predictor does not know are left out and counted.

    Args:
        rounds: of the bootstrap; 0 leaves intervals out.
        groups: face name → group, for the share of right answers by group; faces may be in none.

    Raises:
        Permanent: the predictor knows the label of no face, or no face is in a group.
    """
    judged = faces.labelled(predictor.labels)
    classes = judged.classes(predictor.labels)
    # What is paid once, loading and tracing, is no part of what a face costs.
    predictor.predict(judged.crops[:_WARM_UP])
    began = time.perf_counter()
    probabilities = predictor.predict(judged.crops)
    seconds = time.perf_counter() - began
    result = {
        "predictor": predictor.name,
        **summary(probabilities, classes, predictor.labels, rounds=rounds, groups=judged.groups),
        "bytes": predictor.size,
        "left_out": len(faces.labels) - len(classes),
        "milliseconds_per_face": 1000 * seconds / len(classes),
    }
    agreed = np.array([_agreed(*each) for each in zip(judged.votes, judged.labels, strict=True)], bool)
    if {"happy", "sad"} <= set(predictor.labels) and agreed.any():
        happy, sad = predictor.labels.index("happy"), predictor.labels.index("sad")
        right = pair_confidence(probabilities[agreed], classes[agreed], happy, sad)[1]
        result["happy_sad_accuracy_five_agree"] = float(right.mean())
        result["happy_sad_faces_five_agree"] = len(right)
    if groups:
        grouped = [groups.get(name, "") for name in judged.names]
        if not any(grouped):
            raise Permanent("none of these faces is in a group", "the names must be those of faces.csv")
        result["groups"] = by_group(grouped, probabilities.argmax(axis=1) == classes, rounds, judged.groups)
    result["about"] = about(judged, {"predictor": predictor})
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metrics.json").write_text(json.dumps(result, indent=2) + "\n")
        (folder / "report.md").write_text(markdown([result]))
        _draw(predictor, judged, probabilities, folder)
    return result


def by_group(
    groups: Sequence[str], right: NDArray[np.bool_], rounds: int = 1000, duplicates: NDArray[np.int64] | None = None
) -> dict[str, dict[str, Any]]:
    """Return faces and share of right answers of each group but "", with a 95 % bootstrap interval.

    Args:
        duplicates: int64[N], the duplicate group of every face; None when each is its own.
    """
    names = np.array(groups)
    result: dict[str, dict[str, Any]] = {}
    for name in sorted(set(groups) - {""}):
        there = names == name
        hits = right[there]
        result[name] = {"faces": len(hits), "right": float(hits.mean())}
        if rounds:
            shares = hits.astype(np.float32)[:, None]
            nothing = np.zeros(len(hits), np.int64)
            alike = None if duplicates is None else duplicates[there]
            result[name]["right_95"] = interval(shares, nothing, lambda drawn, _: float(drawn.mean()), rounds, 0, alike)
    return result


def markdown(results: Sequence[dict[str, Any]]) -> str:
    """Return the figures of several predictors as one Markdown table, and each one's report per class."""
    head = ("predictor", "faces", "happy/sad accuracy", "AUC", "happy F1", "sad F1", "accuracy", "ECE", "wrong at 90 %")
    lines = ["| " + " | ".join((*head, "ms/face", "MB")) + " |", "|" + "---|" * 11]
    for r in results:
        cells = [r["predictor"], str(r["faces"])]
        cells += [_with_interval(r, key) for key in ("happy_sad_accuracy", "happy_sad_auc", "happy_f1", "sad_f1")]
        cells += [f"{r['accuracy']:.3f}", f"{r['ece']:.3f}"]
        cells += [f"{r['wrong_at_90_coverage']:.3f}" if "wrong_at_90_coverage" in r else "–"]
        cells += [f"{r['milliseconds_per_face']:.2f}", f"{r['bytes'] / 1e6:.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    for r in results:
        for name, group in r.get("groups", {}).items():
            lines += ["", f"{r['predictor']}, {name}: right {_with_interval(group, 'right')} of {group['faces']}"]
    for r in results:
        lines += ["", f"{r['predictor']}:", "", "| class | precision | recall | F1 | faces |", "|---|---|---|---|---|"]
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


def _draw(predictor: Predictor, judged: Faces, probabilities: NDArray[np.float32], folder: Path) -> None:
    answers, classes = probabilities.argmax(axis=1), judged.classes(predictor.labels)
    draw_confusion(confusion(answers, classes, len(predictor.labels)), predictor.labels, folder / "confusion.png")
    draw_reliability(probabilities, classes, folder / "reliability.png")
    if {"happy", "sad"} <= set(predictor.labels):
        happy, sad = predictor.labels.index("happy"), predictor.labels.index("sad")
        if has_both(classes, happy, sad):
            draw_risk_coverage(*pair_confidence(probabilities, classes, happy, sad), folder / "risk-coverage.png")
    sure = probabilities.max(axis=1)
    wrong = [int(i) for i in np.argsort(-sure) if answers[i] != classes[i]][:24]
    spread = np.linspace(0, len(classes) - 1, min(24, len(classes))).astype(int).tolist()
    for name, picked in (("worst", wrong), ("grid", spread)):
        captions = [f"{predictor.labels[answers[i]]} {sure[i]:.2f}, is {judged.labels[i]}" for i in picked]
        write_grid(folder / f"{name}.png", [judged.crops[i] for i in picked], captions)
