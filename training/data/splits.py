"""Which face is learnt from, which is chosen on and which is held out. Pure: groups and splits in, folds out."""

import hashlib
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Leaking(StrEnum):
    """What becomes of near-duplicates that lie in different splits; KEEP is there to show what leaks do."""

    REFUSE = "refuse"
    REPAIR = "repair"
    KEEP = "keep"


def assign_folds(group: NDArray[np.int64], splits: Sequence[str], seed: int, leaking: Leaking) -> list[str]:
    """Give every picture its fold: a set's own val and test stay, the remaining groups are drawn.

    A train picture whose group reaches into val or test is dropped: the leak is repaired on the training side. A tenth
    of the other groups is held out; where no set brings a val split, an eighth is and another eighth is val. The draw
    goes by a hash of the group, so it stays when a set is added behind the others. With `Leaking.KEEP` every picture
    is its own group.
    """
    if leaking is Leaking.KEEP:
        group = np.arange(len(group))
    shares = (0.1, 0.0) if "val" in splits else (0.125, 0.125)
    reached = {(root, split) for root, split in zip(group.tolist(), splits, strict=True) if split in ("val", "test")}
    folds = []
    for root, split in zip(group.tolist(), splits, strict=True):
        if split == "test" or (split == "val" and (root, "test") not in reached):
            folds.append("val" if split == "val" else "held")
        elif (root, "val") in reached or (root, "test") in reached:
            folds.append("dropped")
        else:
            folds.append(_drawn(root, seed, *shares))
    return folds


def with_unlabelled(
    folds: Sequence[str], group: NDArray[np.int64], labels: Sequence[str], twin: NDArray[np.bool_]
) -> list[str]:
    """Return the folds, but of faces without a label ("") all are "train" that no labelled face keeps out of it.

    Args:
        twin: which faces are also in photos to measure by: these are dropped.
    """
    labelled = {root for root, label in zip(group.tolist(), labels, strict=True) if label}
    given = []
    for fold, root, label, away in zip(folds, group.tolist(), labels, twin.tolist(), strict=True):
        free = not label and root not in labelled
        given.append("dropped" if away else "train" if free else fold)
    return given


def _drawn(root: int, seed: int, held_share: float, val: float) -> str:
    draw = int.from_bytes(hashlib.sha256(f"{seed}/{root}".encode()).digest()[:2])
    if draw < int(held_share * 65536):
        return "held"
    return "val" if draw < int((held_share + val) * 65536) else "train"
