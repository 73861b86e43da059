"""Photos and what detecting faces in one can yield: a `Detected` or a `Failed`, both plain values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from organiser.core.face import Face

PhotoId = NewType("PhotoId", int)
FaceId = NewType("FaceId", int)
FileId = NewType("FileId", int)
RootId = NewType("RootId", int)


def as_kept(moment_ns: int) -> int:
    """Return a modification time as an index can keep it, in 64 bits: file systems know years after 2262, and it not.

    Whoever compares a file with what is kept of it asks this first.

    >>> as_kept(16_725_225_600_000_000_000)
    9223372036854775807
    """
    return max(-(2**63), min(moment_ns, 2**63 - 1))


class FailureKind(StrEnum):
    """Why a photo could not be looked at; the first group is permanent, the second is worth another try."""

    EMPTY = "empty"
    NOT_A_PICTURE = "not_a_picture"
    UNSUPPORTED = "unsupported"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    TOO_LARGE = "too_large"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"

    VANISHED = "vanished"
    UNREADABLE = "unreadable"
    MACHINE = "machine"
    NEEDS_PART = "needs_part"

    @property
    def transient(self) -> bool:
        """Whether a later try can succeed without the file changing."""
        return self in _TRANSIENT


_TRANSIENT = frozenset({FailureKind.VANISHED, FailureKind.UNREADABLE, FailureKind.MACHINE, FailureKind.NEEDS_PART})


@dataclass(frozen=True, slots=True)
class Failed:
    """A photo that could not be looked at, and why; recorded beside its neighbours' results."""

    kind: FailureKind
    reason: str


class DateSource(StrEnum):
    """Where a photo's date is from: the picture, its file's name, or the time of its file."""

    EXIF = "exif"
    NAME = "name"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Capture:
    """What the picture file says of its making.

    Attributes:
        taken: local wall-clock time of exposure without zone (EXIF DateTimeOriginal), or None.
        taken_from: where `taken` is from, once that was asked; see `core.capture_date`.
        camera: make and model as one text without repetition, or None.
    """

    taken: datetime | None = None
    camera: str | None = None
    taken_from: DateSource | None = None


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face and its canonical crop, JPEG-encoded; `crop` is what is judged and what is kept, byte for byte."""

    face: Face
    crop: bytes


@dataclass(frozen=True, slots=True)
class Detected:
    """What the detect step found in one photo.

    Attributes:
        width, height: of the full upright picture, in pixels.
        faces: every face found, by descending box area; those the quality gate refused carry the reason.
        thumbnail: the whole upright picture, JPEG-encoded, at most 256 pixels long; judged by `subject: photo` bundles.
    """

    width: int
    height: int
    capture: Capture
    faces: tuple[SeenFace, ...]
    thumbnail: bytes
