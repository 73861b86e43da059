"""What a collection holds of a photo, and the steps that change it, as values. Pure.

Knows neither how a step is carried out nor how a record is kept.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from organiser.core.face import Box
from organiser.core.outgoing import xml_text
from organiser.core.photo import PhotoId

PlacementId = NewType("PlacementId", int)

COLLECTION_MARKER = ".organiser-collection"
"""A file that marks a folder as one of our own collections, which is never scanned."""

TEMPORARY_PREFIX = ".organiser-"
"""How every name that we use for a moment begins."""

KEYWORD_ROOT = "Emotion"
"""The word above our keywords in hierarchies of keywords."""


class PlacementMode(StrEnum):
    """How a photo is brought into a collection; `auto` is a reflink where the file system can, else a copy."""

    AUTO = "auto"
    COPY = "copy"
    REFLINK = "reflink"
    HARDLINK = "hardlink"
    SYMLINK = "symlink"
    TAG = "tag"


class Medium(StrEnum):
    """Where a tag is written: an XMP file beside the picture, or the picture file itself."""

    SIDECAR = "sidecar"
    EMBEDDED = "embedded"


class State(StrEnum):
    """What became of a placement since it was recorded; `moved`: somebody put it into another collection's folder."""

    INTACT = "intact"
    MISSING = "missing"
    EDITED = "edited"
    UNREADABLE = "unreadable"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Region:
    """A face to be named in metadata: its box in the upright picture, and the emotion it appears to show."""

    box: Box
    emotion: str


@dataclass(frozen=True, slots=True)
class Tag:
    """What a tag says about a photo.

    Attributes:
        keyword: the leaf word; a collection's name, or an emotion.
        confidence: of the photo's verdict, 0–1; two decimals are written.
        model: the model id, name@version.
        regions: faces to write as MWG regions; none by default.
        dimensions: width and height of the upright picture in pixels; needed for regions.
    """

    keyword: str
    confidence: float | None = None
    model: str | None = None
    regions: tuple[Region, ...] = ()
    dimensions: tuple[int, int] | None = None

    @property
    def path(self) -> tuple[str, str]:
        """The keyword's place in a hierarchy, the separators of all dialects replaced."""
        return KEYWORD_ROOT, xml_text(self.keyword).replace("|", "-").replace("/", "-")


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a file looked when we had made it.

    Attributes:
        digest: SHA-256 of its bytes in hex; None for links.
        link: the text of a symlink.
    """

    size: int
    mtime_ns: int
    inode: int
    digest: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a step left on disk.

    Attributes:
        mode: what was really done; never `auto`.
        stamp: of the file made; of the sidecar or picture written, in mode `tag`; None when nothing is there.
        path: the absolute path of the sidecar or picture written, in mode `tag`.
        medium: where the tag is, in mode `tag`.
    """

    mode: PlacementMode
    stamp: Stamp | None
    path: str | None = None
    medium: Medium | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A placement: what a collection holds of a photo, as recorded and, in `state`, as found.

    Attributes:
        destination: relative to the target; in mode `tag` the absolute path of the tagged picture.
        source: a file that is there now and stands for the photo: one of its own, else the one now at the path it was
            placed from. None when there is neither, so that ours may be the last copy.
    """

    placement_id: PlacementId
    photo_id: PhotoId
    destination: str
    made: Made
    source: str | None
    tag: Tag | None = None
    state: State = State.INTACT


@dataclass(frozen=True, slots=True)
class Create:
    """Bring `source` to `destination`, given that it still has this size and mtime."""

    photo_id: PhotoId
    source: str
    destination: str
    mode: PlacementMode
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Move:
    """Rename what is placed to `destination`."""

    placed: Placed
    destination: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Take what is placed away, given that it is still ours.

    Attributes:
        agreed: a person agreed that it goes though it may be the last copy of its photo.
    """

    placed: Placed
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Replace:
    """Put what `create` makes in the place of what is placed there, given that this is still ours."""

    placed: Placed
    create: Create


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop the record of a placement that is no longer there."""

    placed: Placed


@dataclass(frozen=True, slots=True)
class TagAdd:
    """Write `tag` for the picture at `path`; `placed` is the record it renews, if any."""

    photo_id: PhotoId
    path: str
    tag: Tag
    placed: Placed | None = None


@dataclass(frozen=True, slots=True)
class TagRemove:
    """Take our keyword out of the metadata again."""

    placed: Placed


Step = Create | Replace | Move | Remove | Forget | TagAdd | TagRemove


def ends_of(step: Step) -> tuple[str, str | None]:
    """Return where a step leads, and which file it starts from."""
    match step:
        case (Create() as made) | Replace(create=made):
            return made.destination, made.source
        case TagAdd(path=path):
            return path, path
        case Move(placed=placed, destination=destination):
            return destination, placed.destination
    return step.placed.destination, None


def photo_of(step: Step) -> PhotoId:
    """Return the photo that a step is about."""
    if isinstance(step, Create | TagAdd):
        return step.photo_id
    return step.placed.photo_id
