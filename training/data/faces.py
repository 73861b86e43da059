"""Faces to judge a predictor by: one fold of a prepared set in colour, with all that a report says of where it came from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from organiser.errors import Permanent
from organiser.training.data.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces with their true labels.

    Attributes:
        crops: uint8[N, S, S, 3], S = 128 for faces and 256 for whole photos.
        votes: FER+ counts as in `prepared.Row`, "" for none.
        duplicates: the duplicate group of each; () when each face is its own.
        data: digest of the prepared set; with `fold` and `source` ("" for all) it says which faces these are.
    """

    crops: NDArray[np.uint8]
    labels: tuple[str, ...]
    votes: tuple[str, ...]
    names: tuple[str, ...]
    duplicates: tuple[int, ...] = ()
    data: str = ""
    fold: str = ""
    source: str = ""

    @property
    def groups(self) -> NDArray[np.int64]:
        """The duplicate group of each face, int64[N]."""
        return np.array(self.duplicates or range(len(self.labels)), np.int64)

    def labelled(self, labels: Sequence[str]) -> "Faces":
        """Return the faces whose label is one of `labels`; Permanent when there is none."""
        chosen = [i for i, label in enumerate(self.labels) if label in labels]
        if not chosen:
            raise Permanent(f"no faces to judge: none is labelled {', '.join(labels)}")
        return replace(
            self,
            crops=self.crops[chosen],
            labels=tuple(self.labels[i] for i in chosen),
            votes=tuple(self.votes[i] for i in chosen),
            names=tuple(self.names[i] for i in chosen),
            duplicates=tuple(self.groups[chosen].tolist()),
        )

    def classes(self, labels: Sequence[str]) -> NDArray[np.int64]:
        """Return each face's label as its place in `labels`, int64[N]."""
        return np.array([labels.index(label) for label in self.labels], np.int64)


def faces_of(prepared: Prepared, fold: str, source: str = "") -> Faces:
    """Return the faces of one fold (and one source, when named) of a set that was loaded in colour.

    Raises:
        Permanent: there is none.
    """
    chosen = [i for i, row in enumerate(prepared.rows) if row.fold == fold and source in ("", row.source)]
    if not chosen:
        raise _nothing(prepared, fold, source)
    rows = [prepared.rows[i] for i in chosen]
    return Faces(
        prepared.crops[chosen],
        labels=tuple(row.label for row in rows),
        votes=tuple(row.votes for row in rows),
        names=tuple(row.name for row in rows),
        duplicates=tuple(row.group for row in rows),
        data=prepared.digest,
        fold=fold,
        source=source,
    )


def _nothing(prepared: Prepared, fold: str, source: str) -> Permanent:
    sources = sorted({row.source for row in prepared.rows if row.fold == fold})
    if sources:
        return Permanent(f"no faces of source {source!r} in fold {fold!r}", f"it has faces of: {', '.join(sources)}")
    hint = "prepared.json counts what each fold has; of corrections about a tenth is kept back, so correct more first"
    return Permanent(f"no faces in fold {fold!r}", hint)
