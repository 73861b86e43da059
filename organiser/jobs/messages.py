"""What travels between steps: small frozen values of ids, never objects, and their JSON form.

A message only says "look here now". It may be lost or arrive five times; the index decides what is due.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from organiser.core.photo import FileId, PhotoId, RootId
from organiser.errors import Permanent


class InvalidMessage(Permanent):
    """What came out of the queue is no message of ours."""


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
    """Read these files, which were of `size` bytes together when last seen: their pictures' digests, and faces if new."""

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

_MESSAGES = (ScanRoot, Identify, Detect, Judge, Place, Sweep)
_KINDS: Mapping[str, Any] = {kind.__name__.lower(): kind for kind in _MESSAGES} | {"look": Detect}
"""By the word that a message carries; `look` is what the version before wrote."""


def encode(message: Message) -> dict[str, Any]:
    """Return the JSON object of a message, its kind under "kind"."""
    return {"kind": type(message).__name__.lower()} | asdict(message)


def decode(data: object) -> Message:
    """Return the message of a JSON object that `encode` made; whatever else the queue holds is refused.

    Raises:
        InvalidMessage: it is of no kind we know, or a field is missing, unknown, of a wrong type or beyond its bounds.

    >>> decode(encode(Detect((PhotoId(1), PhotoId(2)), fresh=True)))
    Detect(photo_ids=(1, 2), run_id=None, fresh=True)
    """
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(kind, str) or kind not in _KINDS:
        raise InvalidMessage("no kind of message that we know")
    known = {field.name: field for field in fields(_KINDS[kind])}
    values = {name: tuple(it) if isinstance(it, list) else it for name, it in data.items() if name != "kind"}
    if values.keys() - known:
        raise InvalidMessage(f"{kind}: an unknown field")
    for name, item in known.items():
        if name not in values and item.default is MISSING:
            raise InvalidMessage(f"{kind}: {name} is missing")
        value = values.get(name, item.default)
        if not (value is None and item.default is None) and not _VALID[name](value):
            raise InvalidMessage(f"{kind}: {name} is invalid")
    message: Message = _KINDS[kind](**values)
    return message


_MOST_IDS = 10_000
_MOST_NAMES = 100_000
_LONGEST_NAME = 4096
_LONGEST_TOKEN = 200
_LARGEST = 2**63 - 1
"""The index's integers have 64 bits."""

_DAY_S = 86_400.0


def _is_id(value: object) -> bool:
    return type(value) is int and 0 < value <= _LARGEST


def _are_ids(value: object) -> bool:
    return isinstance(value, tuple) and len(value) <= _MOST_IDS and all(map(_is_id, value))


def _is_below_root(value: object) -> bool:
    """Whether it is the path of something below a root, or of the root itself: ''."""
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or "\0" in value:
        return False
    return value == "" or not {"", ".", ".."}.intersection(value.split("/"))


def _are_below_root(value: object) -> bool:
    return isinstance(value, tuple) and len(value) <= _MOST_NAMES and all(map(_is_below_root, value))


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable()


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


_VALID: Mapping[str, Callable[[object], bool]] = {
    "root_id": _is_id,
    "run_id": _is_id,
    "file_ids": _are_ids,
    "photo_ids": _are_ids,
    "trees": _are_below_root,
    "directories": _are_below_root,
    "unsettled": _are_below_root,
    "fresh": _is_flag,
    "confirm_missing": _is_flag,
    "asked": _is_flag,
    "quiet": lambda value: type(value) in {int, float} and 0 <= value <= _DAY_S,  # type: ignore[operator]
    "size": lambda value: type(value) is int and 0 <= value <= _LARGEST,
    "token": lambda value: isinstance(value, str) and len(value) <= _LONGEST_TOKEN and _is_plain(value),
}
"""What each field may hold; where the default is None, that too."""


def reading_time(message: Identify | Detect) -> float:
    """Return the seconds that reading a message's files may take on a slow disk of a busy machine.

    >>> reading_time(Identify((FileId(1),), size=20_000_000))
    30.0
    """
    match message:
        case Identify(file_ids=ids, size=size):
            return 2 * _PATIENCE_EACH_S * len(ids) + size / _SLOWEST  # to be digested, and to be looked at
        case Detect(photo_ids=photo_ids):
            return _PATIENCE_EACH_S * len(photo_ids)
