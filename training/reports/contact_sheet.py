"""Contact sheets: grids of labelled crops drawn with OpenCV. Knows pixels and captions only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from organiser.training.data.prepared import Files

_TILE: Final = 128
_CAPTION: Final = 18


def contact_sheet(folder: Path, count: int = 12) -> None:
    """Write `contact-sheet.png` into a prepared set: `count` training faces, every label in turn, and class counts."""
    files = Files(folder)
    faces = [(row.label, crop) for row, crop, _ in files.rows() if row.fold == "train"]
    labels = sorted({label for label, _ in faces})
    by_label = {label: [crop for other, crop in faces if other == label] for label in labels}
    chosen = [
        (label, by_label[label][turn]) for turn in range(count) for label in labels if turn < len(by_label[label])
    ]
    chosen = chosen[:count]
    crops = files.decode("crops.bin", [crop for _, crop in chosen], grey=False)
    captions = [f"{label} ({len(by_label[label])})" for label, _ in chosen]
    write_grid(folder / "contact-sheet.png", list(crops), captions)


def write_grid(path: Path, crops: Sequence[NDArray[np.uint8]], captions: Sequence[str], columns: int = 6) -> None:
    """Write crops (uint8[H, W, 1 or 3], RGB) with a caption below each as one PNG, `columns` in a row."""
    rows = max(-(-len(crops) // columns), 1)
    sheet = np.full((rows * (_TILE + _CAPTION), columns * _TILE, 3), 255, np.uint8)
    for index, (crop, caption) in enumerate(zip(crops, captions, strict=True)):
        top, left = index // columns * (_TILE + _CAPTION), index % columns * _TILE
        tile = cv2.resize(crop, (_TILE, _TILE), interpolation=cv2.INTER_LINEAR)
        sheet[top : top + _TILE, left : left + _TILE] = tile if tile.ndim == 3 else tile[:, :, None]
        place = (left + 2, top + _TILE + _CAPTION - 5)
        cv2.putText(sheet, caption, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 1, cv2.LINE_AA)
    cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
