"""A person's own corrections as training faces: a folder `<emotion>/*.jpg` of canonical crops, as the organiser keeps.

Owns reading them; knows nothing of networks. Each is its own group unless two files are the same.
"""

import hashlib
from pathlib import Path

import numpy as np

from organiser.errors import Permanent
from organiser.vision.align import decode_crop
from training.prepared import Prepared, Row, to_grey

_HELD_IN = 10


def read_corrections(folder: Path, *, grey: bool = True) -> Prepared:
    """Return the crops below `folder`; about a tenth, by digest, is the fold "val", the rest "train".

    Raises:
        Permanent: there is no correction, or a file is no canonical crop.
    """
    rows: list[Row] = []
    crops = []
    for path in sorted(folder.glob("*/*.jpg")):
        data = path.read_bytes()
        try:
            crop = decode_crop(data)
        except ValueError as error:
            raise Permanent(f"{path}: {error}") from error
        digest = hashlib.sha256(data).hexdigest()
        fold = "val" if int(digest[:8], 16) % _HELD_IN == 0 else "train"
        name = path.relative_to(folder).as_posix()
        rows.append(Row("corrections", name, path.parent.name, fold, len(rows), 1, "", digest))
        crops.append(to_grey(crop)[:, :, None] if grey else crop)
    if not rows:
        raise Permanent(f"{folder}: no corrections", "expected EMOTION/*.jpg, canonical crops of 128×128 pixels")
    digest = hashlib.sha256("".join(row.digest for row in rows).encode()).hexdigest()
    stacked = np.stack(crops)
    return Prepared(tuple(rows), stacked, stacked, digest)
