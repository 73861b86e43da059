"""A person's own corrections as training faces: a folder `<emotion>/*.jpg` of canonical crops, as the organiser keeps.

Owns reading them, and which are kept back to judge by; knows nothing of networks. The same file twice is one group.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from organiser.errors import Permanent
from organiser.training.data.prepared import Prepared, Row, to_grey
from organiser.vision.align import decode_crop

_ONE_IN: Final = 10
_LEAST_TO_KEEP_BACK: Final = 5
_LEAST: Final = 10


def read_corrections(folder: Path, *, grey: bool = True) -> Prepared:
    """Return the crops below `folder`: the fold "val" is kept back to judge by, the rest is "train".

    Of every emotion with at least five different crops a tenth is kept back, at least one, those of the lowest digests.

    Raises:
        Permanent: there is no correction, or a file is no canonical crop.
    """
    crops, names, digests = [], [], []
    for path in sorted(folder.glob("*/*.jpg")):
        data = path.read_bytes()
        try:
            crop = decode_crop(data)
        except ValueError as error:
            raise Permanent(f"{path}: {error}") from error
        crops.append(to_grey(crop)[:, :, None] if grey else crop)
        names.append(path.relative_to(folder).as_posix())
        digests.append(hashlib.sha256(data).hexdigest())
    if not crops:
        raise Permanent(f"{folder}: no corrections", "expected EMOTION/*.jpg, canonical crops of 128×128 pixels")
    labels = [name.split("/", maxsplit=1)[0] for name in names]
    back = _kept_back(zip(labels, digests, strict=True))
    rows = tuple(
        Row("corrections", name, label, "val" if digest in back else "train", digests.index(digest), 1, "", digest)
        for name, label, digest in zip(names, labels, digests, strict=True)
    )
    listing = "".join(f"{row.label}/{row.digest}\n" for row in rows)
    stacked = np.stack(crops)
    return Prepared(rows, stacked, stacked, hashlib.sha256(listing.encode()).hexdigest())


def require_enough(corrections: Prepared, labels: Iterable[str]) -> None:
    """Refuse corrections that are too few to learn from.

    Raises:
        Permanent: fewer than ten are of emotions in `labels`, those a model knows.
    """
    known = tuple(labels)
    count = sum(row.label in known for row in corrections.rows)
    if count < _LEAST:
        raise Permanent(
            f"{count} corrections are of emotions the model knows ({', '.join(known)}), at least {_LEAST} are needed",
            "correct more faces first: organiser correct, organiser review",
        )


def _kept_back(listing: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the digests that are kept back, of pairs of label and digest."""
    by_label: dict[str, set[str]] = {}
    for label, digest in listing:
        by_label.setdefault(label, set()).add(digest)
    return frozenset(
        digest
        for digests in by_label.values()
        if len(digests) >= _LEAST_TO_KEEP_BACK
        for digest in sorted(digests)[: max(len(digests) // _ONE_IN, 1)]
    )
