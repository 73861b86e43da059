"""What a query can ask of one photo, as one value."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the index holds of a photo that a query can name.

    Attributes:
        paths: absolute paths of its present files; of its missing files when none is present.
        roots: absolute paths of the roots those files lie under.
        missing: no file of it is present.
        added: when it was first seen, in seconds since the epoch.
        taken: local wall-clock time of exposure to the second.
        width, height: pixels of the upright picture.
        emotion, confidence, reason, faces, model: its verdict; reason is None without one, `model` is name@version.
        failures: kinds of the failures recorded of it or its files.
        corrected: a person said something of it.
        taken_from: where `taken` is from.
        placed: names of the collections that hold it.
        keywords: what other programs wrote into the files that `paths` tells of, or their sidecars.
        rating: the most stars that they gave to one of these; see `core.labels`.
        face: height of its tallest face in pixels of the upright picture; face_share: in percent of that picture's.
    """

    paths: tuple[str, ...]
    roots: tuple[str, ...]
    missing: bool
    added: float
    taken: datetime | None = None
    camera: str | None = None
    width: int | None = None
    height: int | None = None
    emotion: str | None = None
    confidence: float | None = None
    reason: str | None = None
    faces: int | None = None
    model: str | None = None
    failures: frozenset[str] = frozenset()
    corrected: bool = False
    taken_from: str | None = None
    placed: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    rating: int | None = None
    face: float | None = None
    face_share: float | None = None
