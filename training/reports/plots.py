"""PNG plots of a run and of an evaluation, drawn by matplotlib without a display. Knows numbers, no networks."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organiser.training.evaluate.metrics import reliability, risk_coverage


def draw_curves(history: Path, path: Path) -> None:
    """Draw loss and accuracy of every epoch in a run's `history.csv`."""
    with history.open(newline="") as file:
        rows = list(csv.DictReader(file))
    epochs = [int(row["epoch"]) for row in rows]
    figure, axes = _figure(1, 2, (9, 3.5))
    for axis, what in zip(axes, ("loss", "accuracy"), strict=True):
        axis.plot(epochs, [float(row[what]) for row in rows], label="training (disturbed, soft targets)")
        axis.plot(epochs, [float(row[f"val_{what}"]) for row in rows], label="validation (averaged weights)")
        axis.set(xlabel="epoch", title=what)
        axis.legend(fontsize=7)
    figure.savefig(path, dpi=90)


def draw_confusion(counts: NDArray[np.int64], labels: Sequence[str], path: Path) -> None:
    """Draw a confusion matrix int[K, K] (rows true, columns predicted), shaded by share of the row."""
    figure, axes = _figure(1, 1, (5.2, 4.6))
    axis = axes[0]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row in range(len(labels)):
        for column in range(len(labels)):
            colour = "white" if share[row, column] > 0.5 else "black"
            axis.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7, color=colour)
    axis.set(xticks=range(len(labels)), yticks=range(len(labels)), xlabel="predicted", ylabel="true")
    axis.set_xticklabels(labels, rotation=45, ha="right", fontsize=8)
    axis.set_yticklabels(labels, fontsize=8)
    figure.savefig(path, dpi=90)


def draw_reliability(probabilities: NDArray[np.float32], classes: NDArray[np.int64], path: Path) -> None:
    """Draw the share of right answers against confidence in ten bins."""
    bins = reliability(probabilities, classes, bins=10)
    figure, axes = _figure(1, 1, (4.2, 4))
    axis = axes[0]
    axis.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axis.plot([b.confidence for b in bins], [b.accuracy for b in bins], marker="o")
    axis.set(xlabel="confidence", ylabel="share right", xlim=(0, 1), ylim=(0, 1), title="reliability")
    figure.savefig(path, dpi=90)


def draw_risk_coverage(confidence: NDArray[np.float32], right: NDArray[np.bool_], path: Path) -> None:
    """Draw the share of wrong answers among the most confident ones against how many are answered."""
    coverage, risk = risk_coverage(confidence, right)
    figure, axes = _figure(1, 1, (4.6, 3.6))
    axes[0].plot(coverage, risk)
    axes[0].set(xlabel="coverage", ylabel="share wrong", title="happy against sad: risk and coverage", ylim=(0, None))
    figure.savefig(path, dpi=90)


def draw_heat(face: NDArray[Any], heat: NDArray[Any], path: Path) -> None:
    """Draw attention float[16, 16] over a mean face float[128, 128, 3] (0–255)."""
    figure, axes = _figure(1, 2, (6.4, 3.2))
    axes[0].imshow(face.astype(np.uint8))
    axes[1].imshow(face.mean(axis=2), cmap="gray")
    axes[1].imshow(np.maximum(heat, 0), cmap="inferno", alpha=0.55, extent=(0, 128, 128, 0), interpolation="bilinear")
    for axis in axes:
        axis.axis("off")
    figure.savefig(path, dpi=90)


def _figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, list[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(np.ravel(figure.subplots(rows, columns)))
