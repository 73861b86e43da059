"""FER+: what ten raters saw in each face of FER2013, and which picture each count belongs to.

Owns reading and matching votes; refuses to know what they are worth.
"""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from organiser.errors import Permanent
from organiser.training.data.sources import VOTES, Picture

Counts: TypeAlias = tuple[int, ...]

FER2013: Final = "fer2013"
"""The name a set must have to be given votes: other sets have files of the same names and rows of the same numbers."""


@dataclass(frozen=True, slots=True)
class Votes:
    """Ten counts in the order of `VOTES` for each face of FER2013 that has them.

    Attributes:
        files: file name → counts. Six names occur twice among 26,234 votes; the last counts. With the label they would
            be told apart and two faces of FER2013 get other votes, so a change must come with a newly prepared set.
        rows: name of a row of FER2013's CSV, "row/0" for the first → its label ("" when not told) and counts.
        digest: sha256 of the file they were read from.
    """

    files: Mapping[str, Counts] = field(default_factory=dict)
    rows: Mapping[str, tuple[str, Counts]] = field(default_factory=dict)
    digest: str = ""

    def of(self, picture: Picture) -> Counts:
        """Return the counts of a picture, () when it has none or is of another set.

        Raises:
            Permanent: the row of that number has another label: the votes count the rows of another CSV.
        """
        if picture.source != FER2013:
            return ()
        if picture.name in self.rows:
            label, counts = self.rows[picture.name]
            if label not in ("", picture.label):
                raise Permanent(
                    f"{picture.name} is {picture.label}, the votes say {label}",
                    "they belong to FER2013's own CSV, all rows in their order",
                )
            return counts
        return self.files.get(Path(picture.name).name, ())


def read_votes(path: Path) -> Votes:
    """Return the votes of a CSV with the columns `VOTES` and `file`, `fer2013_row` (with `label` to check) or both.

    `fer2013_row` counts FER2013's rows from 0: its Training ends with 28708 and its PublicTest begins with 28709, as
    28,709 Training rows counted from 0 do. FER+'s own `fer2013new.csv` has neither; its rows stand in FER2013's order.

    Raises:
        Permanent: it does not exist or is no such CSV.
    """
    if not path.is_file():
        raise Permanent(f"{path}: no such file", "--votes wants a CSV of FER+ votes")
    data = path.read_bytes()
    try:
        predictor = csv.DictReader(io.StringIO(data.decode(), newline=""))
        columns = frozenset(predictor.fieldnames or ())
        if missing := [name for name in VOTES if name not in columns]:
            raise Permanent(f"{path}: no FER+ votes: no column {', '.join(missing)}")
        numbered = "fer2013_row" in columns
        if not (numbered or "file" in columns or "Image name" in columns):
            raise Permanent(f"{path}: votes for no picture: neither a column file nor fer2013_row")
        files, rows = {}, {}
        for number, row in enumerate(predictor):
            label, counts = row.get("label", ""), tuple(int(row[name]) for name in VOTES)
            if "file" in columns:
                files[row["file"]] = counts
            if numbered or "Image name" in columns:
                rows[f"row/{int(row['fer2013_row']) if numbered else number}"] = label, counts
    except (ValueError, TypeError, csv.Error) as error:
        raise Permanent(f"{path}: not readable as votes: {error}") from error
    return Votes(files, rows, hashlib.sha256(data).hexdigest())
