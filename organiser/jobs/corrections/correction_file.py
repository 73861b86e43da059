"""`corrections.csv`: every correction of an index, in words that mean the same in another one.

A photo is named by the digest of its picture, a face by its box. Owns the columns, and that a file that is not wholly
understood is not taken at all.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from organiser.core.emotion import Emotion
from organiser.core.face import Box
from organiser.core.judging.correction import NOTHING, is_no_face
from organiser.errors import Permanent

NAME = "corrections.csv"

_SIDES = ("x", "y", "w", "h")
_COLUMNS = ("digest", *_SIDES, "verb", "emotion", "who", "at", "path")
_DIGEST_LENGTH = 64


@dataclass(frozen=True, slots=True)
class PortableCorrection:
    """A correction of the photo with a digest; the rest as in `index.tables.corrections`, `path` only for people."""

    digest: str
    box: Box | None
    verb: str
    emotion: Emotion | None
    who: str
    at: float
    path: str


def to_text(every: Iterable[PortableCorrection]) -> str:
    """Return the text of a file of corrections."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for each in every:
        box = [repr(getattr(each.box, side)) if each.box else "" for side in _SIDES]
        writer.writerow([each.digest, *box, each.verb, each.emotion or NOTHING, each.who, repr(each.at), each.path])
    return text.getvalue()


def read(path: Path) -> Sequence[PortableCorrection]:
    """Return the corrections in a file, or in the one in the folder of an export.

    Raises:
        Permanent: it is not there, or not every line is a correction; the message names the line.
    """
    path = path / NAME if path.is_dir() else path
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise Permanent(f"{path} is no file of corrections: column {missing[0]} is missing", _HINT)
            return [_read_line(path, reader.line_num, row) for row in reader]
    except OSError as error:
        raise Permanent(f"{path}: {error.strerror or error}", _HINT) from error
    except csv.Error as error:
        raise Permanent(f"{path} is no file of corrections: {error}", _HINT) from error


_HINT = f"`organiser corrections export DIR` writes DIR/{NAME}"


def _read_line(path: Path, number: int, row: Mapping[str, str]) -> PortableCorrection:
    try:
        return _read_row(row)
    except (ValueError, TypeError) as error:
        raise Permanent(f"{path}, line {number}: {error}", "nothing was imported") from error


def _read_row(row: Mapping[str, str]) -> PortableCorrection:
    digest, verb, emotion = row["digest"], row["verb"], row["emotion"]
    if len(digest) != _DIGEST_LENGTH or set(digest) - set("0123456789abcdef"):
        raise ValueError(f"{digest!r} is no digest of a picture")
    if verb not in ("is", "is_not"):
        raise ValueError(f"the verb is `is` or `is_not`, not {verb!r}")
    meant = None if emotion == NOTHING else Emotion(emotion)
    box = _read_box(row)
    if is_no_face(verb, meant) and box is None:
        raise ValueError("`is_not` needs an emotion, or the box of what is no face")
    at = float(row["at"])
    if not math.isfinite(at):
        raise ValueError(f"{row['at']} is no moment")
    return PortableCorrection(digest, box, verb, meant, row["who"], at, row["path"])


def _read_box(row: Mapping[str, str]) -> Box | None:
    sides = [row[side] for side in _SIDES]
    if not any(sides):
        return None
    x, y, w, h = map(float, sides)
    if not (0 <= x <= 1 and 0 <= y <= 1 and 0 < w <= 1 and 0 < h <= 1):
        raise ValueError(f"the box {', '.join(sides)} does not lie in a photo")
    return Box(x, y, w, h)
