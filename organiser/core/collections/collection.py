"""Collections, and the diff between what their queries want and what is placed. Pure.

Owns the decision what to make, move or remove; refuses to know how files are made, or how rows are kept. The plan is a
function of the two sets it compares: applying it and planning again gives an empty plan, in whatever order they come.
"""

import unicodedata
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from organiser.core.collections.layout import Naming, Subject, name_apart, parse_layout
from organiser.core.collections.placement import (
    Create,
    Forget,
    Move,
    Placed,
    PlacementMode,
    Remove,
    Replace,
    State,
    Step,
    Tag,
    TagAdd,
    TagRemove,
)
from organiser.core.photo import PhotoId


@dataclass(frozen=True, slots=True)
class Collection:
    """A saved query, how its photos are placed, and where; without a target (and not a tag) nothing is placed."""

    name: str
    query: str
    mode: PlacementMode = PlacementMode.AUTO
    target: str | None = None
    layout: str | None = None


def is_valid_name(name: str) -> bool:
    """Whether a collection may be called so: a keyword and a line of text can hold it.

    >>> is_valid_name("Été 2024"), is_valid_name("bell\a"), is_valid_name(" ")
    (True, False, False)
    """
    return bool(name.strip()) and not any(unicodedata.category(letter) in _UNSAYABLE for letter in name)


_UNSAYABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A photo, or with a tag one of its files, that a collection's query selects.

    Attributes:
        root: the folder its file lies under, absolute; relpath: the file below it, '/' between parts.
        digest: of its picture, in hex.
        size, mtime_ns: of the file when the index last saw it; a file that differs is not placed.
        tag: what to write, in mode `tag`.
    """

    photo_id: PhotoId
    root: str
    relpath: str
    digest: str
    size: int
    mtime_ns: int
    taken: datetime | None = None
    emotion: str | None = None
    camera: str | None = None
    tag: Tag | None = None

    @property
    def source(self) -> str:
        """The absolute path of its file."""
        return f"{self.root.rstrip('/')}/{self.relpath}"


class Why(StrEnum):
    """Why a placement is left as it is though the query would have it otherwise."""

    EDITED = "edited"
    LAST_COPY = "last_copy"
    UNREADABLE = "unreadable"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Plan:
    """What brings a collection in line.

    Attributes:
        steps: in the order to be applied: what frees names first.
        kept: placements left alone, to be reported.
    """

    steps: tuple[Step, ...] = ()
    kept: tuple[tuple[Placed, Why], ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the collection already is what its query says."""
        return not self.steps


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decided about a plan, by destination.

    Attributes:
        keep: what would be taken away and is to stay, as theirs from then on.
        remove: what would stay because it may be the last copy of its photo, and is to go.
    """

    keep: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()


def decided(plan: Plan, choices: Choices) -> Plan:
    """Return the plan as a person decided it; a choice about anything else than its own steps is passed over."""
    kept = [placed.destination for placed, why in plan.kept if why is Why.LAST_COPY]
    gone = choices.remove.intersection(kept)
    agreed = [Remove(placed, agreed=True) for placed, _ in plan.kept if placed.destination in gone]
    steps = [_spared(step, choices.keep) for step in plan.steps] + agreed
    steps.sort(key=lambda step: (_ORDER.index(type(step)), _place(step)))
    return Plan(tuple(steps), tuple(pair for pair in plan.kept if pair[0].destination not in gone))


def _spared(step: Step, keep: Container[str]) -> Step:
    if isinstance(step, Remove | TagRemove) and step.placed.destination in keep:
        return Forget(step.placed)
    return step


_ORDER: tuple[type[Step], ...] = (Forget, Remove, TagRemove, Move, Replace, Create, TagAdd)


def plan_placements(
    collection: Collection, wanted: Iterable[Wanted], actual: Iterable[Placed], naming: Naming | None = None
) -> Plan:
    """Compare what `collection` should hold with what it holds.

    Args:
        collection: its mode and layout; the query has been asked already.
        wanted: every photo the query selects and that has a present file; with mode `tag`, every present file of these.
        actual: every placement recorded for the collection, each with the state it was found in.
        naming: what the target's file system makes of names.

    Raises:
        LayoutError: the collection's layout is invalid.
    """
    chosen = sorted(wanted, key=lambda photo: (photo.root, photo.relpath, photo.photo_id))
    placed_here = sorted(actual, key=lambda placement: (placement.destination, placement.placement_id))
    tags = [placed for placed in placed_here if placed.made.mode is PlacementMode.TAG]
    files = [placed for placed in placed_here if placed.made.mode is not PlacementMode.TAG]
    tagging = collection.mode is PlacementMode.TAG
    steps, kept = _plan_files(collection, [] if tagging else chosen, files, naming or Naming())
    steps += _plan_tags(chosen if tagging else [], tags)
    steps.sort(key=lambda step: (_ORDER.index(type(step)), _place(step)))
    return Plan(tuple(steps), tuple(kept))


def _place(step: Step) -> str:
    if isinstance(step, Create | Move):
        return step.destination
    return step.path if isinstance(step, TagAdd) else step.placed.destination


def _plan_files(
    collection: Collection, wanted: Iterable[Wanted], actual: Iterable[Placed], naming: Naming
) -> tuple[list[Step], list[tuple[Placed, Why]]]:
    photos: dict[PhotoId, Wanted] = {}
    for photo in wanted:
        photos.setdefault(photo.photo_id, photo)
    ours, others = _by_photo(actual, photos)
    kept = [(placed, why) for placed in others if (why := _reason_to_keep(placed)) is not None]
    kept += [(placed, Why(placed.state)) for placed in ours.values() if _stuck(placed)]
    steps: list[Step] = [
        Forget(placed) if placed.state is State.MISSING else Remove(placed)
        for placed in others
        if _reason_to_keep(placed) is None
    ]
    settled = {placed.photo_id for placed in ours.values() if _stuck(placed)}
    subjects = {key: _subject(photo) for key, photo in photos.items() if key not in settled}
    blocked = frozenset(naming.key(placed.destination) for placed, _ in kept)
    paths = name_apart(subjects, parse_layout(collection.layout), naming, blocked)
    occupied = {naming.key(placed.destination) for placed in (*ours.values(), *others)}
    for photo_id, path in paths.items():
        steps += _bring(photos[photo_id], path, collection.mode, ours.get(photo_id), naming.key(path) in occupied)
    return steps, sorted(kept, key=lambda pair: (pair[0].destination, pair[0].placement_id))


def _by_photo(actual: Iterable[Placed], photos: Mapping[PhotoId, Wanted]) -> tuple[dict[PhotoId, Placed], list[Placed]]:
    """Return the one placement that stands for each wanted photo, the soundest, and all that stand for none."""
    ours: dict[PhotoId, Placed] = {}
    others: list[Placed] = []
    for found in sorted(actual, key=lambda placed: (placed.state is not State.INTACT, placed.state is State.MISSING)):
        if found.photo_id not in photos:
            others.append(found)
            continue
        placed = replace(found, source=photos[found.photo_id].source)
        if ours.setdefault(found.photo_id, placed) is not placed:
            others.append(placed)
    return ours, others


def _stuck(placed: Placed) -> bool:
    return placed.state in (State.EDITED, State.UNREADABLE, State.MOVED)


def _reason_to_keep(placed: Placed) -> Why | None:
    """Return why a placement that is not wanted stays all the same, or None."""
    if _stuck(placed):
        return Why(placed.state)
    whole = placed.made.mode is not PlacementMode.SYMLINK
    return Why.LAST_COPY if whole and placed.source is None and placed.state is State.INTACT else None


def _bring(
    wanted: Wanted,
    path: str,
    mode: PlacementMode,
    placed: Placed | None,
    occupied: bool,  # noqa: FBT001
) -> list[Step]:
    create = Create(wanted.photo_id, wanted.source, path, mode, wanted.size, wanted.mtime_ns)
    if placed is None:
        return [create]
    if placed.state is State.MISSING:
        return [Forget(placed), create]
    serves = _serves(placed, wanted, mode)
    if placed.destination == path:
        return [] if serves else [Replace(placed, create)]
    # A name that another placement still holds is free only once all moves are done: then it is made anew.
    return [Move(placed, path)] if serves and not occupied else [Remove(placed), create]


def _serves(placed: Placed, wanted: Wanted, mode: PlacementMode) -> bool:
    made = placed.made
    if made.mode is PlacementMode.SYMLINK and (made.stamp is None or made.stamp.link != wanted.source):
        return False
    return made.mode in ((PlacementMode.REFLINK, PlacementMode.COPY) if mode is PlacementMode.AUTO else (mode,))


def _subject(wanted: Wanted) -> Subject:
    folder, _, name = wanted.relpath.rpartition("/")
    return Subject(name, wanted.digest, folder, wanted.taken, wanted.emotion, wanted.camera)


def _plan_tags(wanted: Iterable[Wanted], actual: Iterable[Placed]) -> list[Step]:
    pictures = {photo.source: (photo, photo.tag) for photo in wanted if photo.tag is not None}
    steps: list[Step] = []
    for placed in actual:
        picture, tag = pictures.get(placed.destination, (None, None))
        if picture is None or tag is None or picture.photo_id != placed.photo_id or not _same_word(placed.tag, tag):
            steps.append(Forget(placed) if placed.state is State.MISSING else TagRemove(placed))
            continue
        del pictures[placed.destination]
        if placed.state is State.MISSING or placed.tag != tag:
            steps.append(TagAdd(picture.photo_id, picture.source, tag, placed))
    steps += [TagAdd(item.photo_id, path, tag) for path, (item, tag) in pictures.items()]
    return steps


def _same_word(recorded: Tag | None, tag: Tag) -> bool:
    return recorded is not None and recorded.keyword == tag.keyword
