"""What the report shows of a photo: plain values that whoever knows the index fills in.

Owns the shape of a row of the report and its writing as JSON; refuses to know where rows come from and how a page
looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from organiser.core.emotion import Emotion, Probabilities
from organiser.core.face import Box
from organiser.core.judging.correction import NO_FACE
from organiser.reporting.words import alternative_text


@dataclass(frozen=True, slots=True)
class ReportFace:
    """A face as the report draws it.

    Attributes:
        box: in fractions 0–1 of the upright image.
        probabilities: calibrated probability per emotion; empty when the face was not judged.
        gate: why the quality gate refused the face ("small", "blurred", "weak"), NO_FACE where a person did, or None.
        corrected: a person gave these probabilities.
    """

    box: Box
    probabilities: Probabilities = field(default_factory=dict)
    gate: str | None = None
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class ReportPhoto:
    """A photo as the report shows it.

    Attributes:
        path: the absolute path, for reading and copying; bytes that are no UTF-8 as surrogates.
        link: where the page finds the file, a relative reference or a `file:` URI (see `reporting.links.link`).
        name: the file's name.
        width, height: of the full upright picture, in pixels, at least 1.
        taken: local wall-clock time of exposure, or None.
        camera: make and model, or None.
        folder: the folder under its root, parts joined by "/"; empty for the root itself.
        emotion: the verdict's emotion, or None.
        confidence: the verdict's confidence 0–1, or None.
        reason: why the verdict is what it is: a `core.judging.verdict.Reason` value, or another word with "_" for spaces.
        thumbnail: the upright picture as JPEG, at most 256 pixels long; empty where thumbnails are switched off.
        faces: every face found.

    Raises:
        ValueError: `link` leads to another machine or scheme, or the picture has no size.
    """

    path: str
    link: str
    name: str
    width: int
    height: int
    taken: datetime | None
    camera: str | None
    folder: str
    emotion: Emotion | None
    confidence: float | None
    reason: str
    thumbnail: bytes = b""
    faces: tuple[ReportFace, ...] = ()

    def __post_init__(self) -> None:
        parts = urlsplit(self.link)
        if parts.scheme not in ("", "file") or parts.netloc or self.link.startswith(("/\\", "\\")):
            raise ValueError(f"a report links to files of this machine only, not {self.link!r}")
        if min(self.width, self.height) < 1:
            raise ValueError(f"a picture of {self.width} by {self.height} pixels cannot be shown")


def record(photo: ReportPhoto) -> Mapping[str, Any]:
    """Return what the page's program reads of `photo`, ready for JSON; everything but the thumbnail."""
    return {
        "path": photo.path,
        "link": photo.link,
        "name": photo.name,
        "alt": alternative_text(photo.name, photo.emotion, photo.confidence, photo.reason, _seen(photo)),
        "width": photo.width,
        "height": photo.height,
        "taken": None if photo.taken is None else photo.taken.replace(tzinfo=None).isoformat(timespec="seconds"),
        "camera": photo.camera,
        "folder": photo.folder,
        "emotion": photo.emotion,
        "confidence": None if photo.confidence is None else round(photo.confidence, 4),
        "reason": photo.reason,
        "faces": [_face(face) for face in photo.faces],
    }


def _seen(photo: ReportPhoto) -> int:
    return sum(face.gate != NO_FACE for face in photo.faces)


def _face(face: ReportFace) -> Mapping[str, Any]:
    box = face.box
    return {
        "box": [round(side, 4) for side in (box.x, box.y, box.w, box.h)],
        "probabilities": {emotion: round(value, 4) for emotion, value in face.probabilities.items()},
        "gate": face.gate,
        "corrected": face.corrected,
    }
