"""What travels between steps: small frozen values of ids, never objects, and their JSON form.

A message only says "look here now". It may be lost or arrive five times; the index decides what is due.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from organiser.core.photo import FileId, PhotoId, RootId


@dataclass(frozen=True, slots=True)
class ScanRoot:
    """Compare a root with the index: all of it, or only some folders with all below (`trees`) or without (`directories`).

    `unsettled` files are still being written, and so may be new ones that are not complete and were changed less than
    `quiet` seconds ago: they are passed over, another message follows.

    `asked` says that the index knows what is asked for: when nobody asks for it any more, it was done. `token` is that of
    the asking; once the index holds a later one, what the message says of unsettled files is out of date.
    """

    root_id: RootId
    trees: tuple[str, ...] = ("",)
    directories: tuple[str, ...] = ()
    run_id: int | None = None
    fresh: bool = False
    confirm_missing: bool = False
    unsettled: tuple[str, ...] = ()
    quiet: float = 0.0
    asked: bool = False
    token: str = ""


@dataclass(frozen=True, slots=True)
class Identify:
    """Read the picture digests of these files, which were of `size` bytes together when last seen."""

    file_ids: tuple[FileId, ...]
    run_id: int | None = None
    fresh: bool = False
    size: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Detect:
    """Find the faces of these photos."""

    photo_ids: tuple[PhotoId, ...]
    run_id: int | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Judge:
    """Classify the faces of these photos and fold them into verdicts."""

    photo_ids: tuple[PhotoId, ...]
    run_id: int | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Bring collections on disk in line with their queries; only for `photo_ids` when these are given."""

    photo_ids: tuple[PhotoId, ...] | None = None
    run_id: int | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Sweep:
    """Ask the index what is due and what was left lying, and queue it."""

    run_id: int | None = None
    fresh: bool = False


Message = ScanRoot | Identify | Detect | Judge | Place | Sweep
"""`run_id` is the run a message belongs to; `fresh` ones, from the watcher, go before bulk work."""

_PATIENCE_EACH_S = 10.0
_SLOWEST = 2_000_000
"""Bytes a second."""

_KINDS: Mapping[str, Any] = {kind.__name__.lower(): kind for kind in (ScanRoot, Identify, Detect, Judge, Place, Sweep)}


def encode(message: Message) -> dict[str, Any]:
    """Return the JSON object of a message, its kind under "kind"."""
    return {"kind": type(message).__name__.lower()} | asdict(message)


def decode(data: Mapping[str, Any]) -> Message:
    """Return the message of a JSON object that `encode` made.

    >>> decode(encode(Detect((PhotoId(1), PhotoId(2)), fresh=True)))
    Look(photo_ids=(1, 2), run_id=None, fresh=True)
    """
    values = {name: tuple(it) if isinstance(it, list) else it for name, it in data.items() if name != "kind"}
    message: Message = _KINDS[data["kind"]](**values)
    return message


def reading_time(message: Identify | Detect) -> float:
    """Return the seconds that reading a message's files may take on a slow disk of a busy machine.

    >>> reading_time(Identify((FileId(1),), size=20_000_000))
    20.0
    """
    match message:
        case Identify(file_ids=ids, size=size):
            return _PATIENCE_EACH_S * len(ids) + size / _SLOWEST
        case Detect(photo_ids=photo_ids):
            return _PATIENCE_EACH_S * len(photo_ids)
