"""How many labelled faces the detector finds, by their height: `python benchmarks/recall.py PHOTOS BOXES.csv`.

BOXES has a row for each face: `file,x,y,w,h,invalid`, more columns as they come; `file` is a path below PHOTOS, the rest
pixels of the upright picture, `invalid` 1 for what nobody could tell (finding it is neither right nor wrong). A face is
found when a box overlaps its own by half (intersection over union), each box standing for one face, the surest first, as
WIDER FACE counts. Precision is of the found boxes of that height. `--set attend=0 --set small=0` changes the options of
`organiser.vision.detectors.yunet`; the processor time and the passes of the network a photo stand below the table.
"""

import argparse
import csv
import dataclasses
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from organiser.core.face import Face
from organiser.vision import pipeline
from organiser.vision.decoding.decode import decode
from organiser.vision.detectors import yunet
from organiser.vision.detectors.yunet_network import Network

_LEAST_OVERLAP = 0.5
_HEIGHTS = (0, 12, 16, 24, 32, 48, 80, 160)
_LEAST_DECODED = 960


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("boxes", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=NUMBER", dest="changes")
    options = parser.parse_args()
    labels = read_boxes(options.boxes)
    detector = yunet.YuNet(changed(options.changes))
    passes = count_passes()
    pipeline.use_one_thread()
    tally = Counter[tuple[str, int]]()
    spent = 0.0
    for file, faces in labels.items():
        image = decode((options.photos / file).read_bytes(), least=_LEAST_DECODED, max_pixels=200_000_000)
        start = time.process_time()
        found = detector.detect(image.image)
        spent += time.process_time() - start
        tally += compare(faces, in_pixels(found, image.width, image.height))
    show(tally)
    print(
        f"{len(labels)} photos: {spent / len(labels) * 1e3:.1f} ms of processor time, {passes[0] / len(labels):.2f} ",
        end="",
    )
    print(f"passes over {passes[1] / len(labels) / 1e3:.0f} thousand pixels, a photo")


def changed(changes: list[str]) -> yunet.YuNetOptions:
    """Return the default options with each "name=number" of `changes` made."""
    options: Any = yunet.YuNetOptions()
    for name, number in (change.split("=") for change in changes):
        options = dataclasses.replace(options, **{name: type(getattr(options, name))(number)})
    return yunet.YuNetOptions(**dataclasses.asdict(options))


def count_passes() -> list[int]:
    """Have every pass of the network counted in the list returned: passes, pixels."""
    counted = [0, 0]
    forward = Network.forward

    def counting(network: Network, image: NDArray[np.uint8], least: float) -> NDArray[np.float32]:
        counted[0] += 1
        counted[1] += image.shape[0] * image.shape[1]
        return forward(network, image, least)

    setattr(Network, "forward", counting)  # noqa: B010
    return counted


def read_boxes(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return of each picture float64[N, 5]: x, y, w, h in pixels and whether the box is invalid."""
    boxes = defaultdict[str, list[list[float]]](list)
    with path.open(newline="") as rows:
        for row in csv.DictReader(rows):
            boxes[row["file"]].append([float(row[column]) for column in ("x", "y", "w", "h", "invalid")])
    return {file: np.array(rows) for file, rows in boxes.items()}


def in_pixels(faces: list[Face], width: int, height: int) -> NDArray[np.float64]:
    """Return the boxes of `faces`, surest first, float64[N, 4] in pixels."""
    ordered = sorted(faces, key=lambda face: -face.score)
    scale = np.array((width, height, width, height))
    boxes = np.array([(face.box.x, face.box.y, face.box.w, face.box.h) for face in ordered], np.float64)
    return np.asarray(boxes.reshape(-1, 4) * scale, np.float64)


def compare(labels: NDArray[np.float64], found: NDArray[np.float64]) -> Counter[tuple[str, int]]:
    """Count labelled, found, right and wrong boxes of each range of heights."""
    tally = Counter[tuple[str, int]]()
    free = np.ones(len(labels), bool)
    for label in labels[labels[:, 4] == 0]:
        tally["labelled", _range(label[3])] += 1
    for box in found:
        overlaps = _overlaps(labels, box) * free
        best = int(overlaps.argmax())
        if overlaps[best] < _LEAST_OVERLAP:
            tally["wrong", _range(box[3])] += 1
            continue
        free[best] = False
        if not labels[best, 4]:
            tally["found", _range(labels[best, 3])] += 1
            tally["right", _range(box[3])] += 1
    return tally


def _overlaps(labels: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    corner = np.maximum(labels[:, :2], box[:2])
    opposite = np.minimum(labels[:, :2] + labels[:, 2:4], box[:2] + box[2:])
    shared = np.prod(np.clip(opposite - corner, 0, None), axis=1)
    return np.asarray(shared / np.maximum(labels[:, 2] * labels[:, 3] + box[2] * box[3] - shared, 1e-9))


def _range(height: float) -> int:
    return max(least for least in _HEIGHTS if least <= height)


def show(tally: Counter[tuple[str, int]]) -> None:
    print("height of the face     labelled  recall  precision")
    for least, next_least in zip(_HEIGHTS, (*_HEIGHTS[1:], None), strict=True):
        _line(
            f"{least}-{next_least or ''}", {kind: count for (kind, height), count in tally.items() if height == least}
        )
    for least in (0, 16, 24):
        total = Counter[str]()
        for (kind, height), count in tally.items():
            total[kind] += count if height >= least else 0
        _line(f"all from {least}", total)


def _line(name: str, counts: dict[str, int]) -> None:
    found, labelled = counts.get("found", 0), counts.get("labelled", 0)
    right, wrong = counts.get("right", 0), counts.get("wrong", 0)
    print(f"{name:22} {labelled:8}  {found / max(labelled, 1):6.3f}  {right / max(right + wrong, 1):9.3f}")


if __name__ == "__main__":
    main()
