"""What a planned step that was never noted as done left on disk, and finishing or cleaning it.

The judgement needs the entry and the disk only, so it serves after a crash and after a step that failed half way alike.
Nothing but the temporary name in the entry, and what it became, is ever touched.
"""

import hashlib
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from organiser.core.collections.placement import (
    Create,
    Forget,
    Made,
    Move,
    Placed,
    PlacementMode,
    Remove,
    Replace,
    State,
    TagAdd,
    TagRemove,
)
from organiser.errors import PlacingError
from organiser.placing.context import aside_of, drafted, proof_of
from organiser.placing.disk import proved
from organiser.placing.disk.durable import flush
from organiser.placing.disk.errors import translate_os_errors
from organiser.placing.disk.operations import stamp_of
from organiser.placing.disk.rename import exchange, is_reservation
from organiser.placing.disk.within import Spot, renumbers, spot_in
from organiser.placing.journal import Entry, EntryId, Journal
from organiser.placing.metadata.writer import MetadataWriter, Writers
from organiser.placing.observe import state_at
from organiser.placing.step_handlers import untouched


@dataclass(frozen=True, slots=True)
class Recovery:
    """What recovery did: entries found finished, entries of which nothing is left, and what it leaves for later."""

    finished: int = 0
    cleaned: int = 0
    stuck: tuple[PlacingError, ...] = ()


def recover(entries: Mapping[EntryId, Entry], journal: Journal, writers: Writers) -> Recovery:
    """Bring every planned entry to an end; to be called before a plan is made."""
    finished: dict[EntryId, Entry] = {}
    cleaned: list[EntryId] = []
    stuck: list[PlacingError] = []
    for key, entry in entries.items():
        try:
            done = resolve(entry, writers)
        except PlacingError as error:
            stuck.append(error)
            continue
        if done is None:
            cleaned.append(key)
        else:
            finished[key] = done
    journal.done(finished)
    journal.drop(cleaned)
    return Recovery(len(finished), len(cleaned), tuple(stuck))


def resolve(entry: Entry, writers: Writers) -> Entry | None:
    """Return the entry as done when its step is, else clean what is left of it and return None.

    Raises:
        PlacingError: the disk does not say, or cannot be cleaned; the entry must stay planned.
    """
    step = entry.step
    match step:
        case Create(destination=destination):
            with _spot(entry, destination) as spot:
                return _resolve_new(entry, spot)
        case Replace(placed=placed):
            with _spot(entry, placed.destination) as spot:
                _resolve_aside(entry, spot, placed)
                return _resolve_new(entry, spot)
        case Move(placed=placed, destination=destination):
            with _spot(entry, placed.destination) as old, _spot(entry, destination) as new:
                return _resolve_move(entry, old, new, step)
        case Remove(placed=placed):
            with _spot(entry, placed.destination) as spot:
                gone = _end_removal(entry, spot, placed) or _status(spot) is None
                return _durable(entry, spot) if gone else None
        case Forget():
            return entry
        case TagAdd() | TagRemove():
            return _resolve_tag(entry, writers)


def _spot(entry: Entry, destination: str) -> AbstractContextManager[Spot | None]:
    return spot_in(entry.target or "", destination)


def _end_removal(entry: Entry, spot: Spot | None, placed: Placed) -> bool:
    """Remove what a step had put aside to be removed, if it is ours; return whether it had."""
    if spot is None or entry.temporary is None:  # noted by an earlier version, which put nothing aside
        return False
    with translate_os_errors(spot.path):
        return proved.end_removal(spot, aside_of(spot, entry.temporary), proof_of(placed, placed.source))


def _resolve_aside(entry: Entry, spot: Spot | None, placed: Placed) -> None:
    """Put back what was to be replaced and was not, and remove what was."""
    if spot is None or entry.temporary is None:
        return
    aside = aside_of(spot, entry.temporary)
    if aside.status() is not None and spot.status() is None:
        proved.give_back(aside, spot)
    else:
        _end_removal(entry, spot, placed)


def _resolve_new(entry: Entry, spot: Spot | None) -> Entry | None:
    """Judge a file that was to be built and named."""
    assert entry.temporary is not None
    if spot is None:
        return None  # the folder is not there, so nothing of ours is
    with translate_os_errors(spot.path):
        temporary = drafted(spot, entry.temporary)
        draft, named, made = temporary.status(), spot.status(), entry.made
        if draft is not None and _may_be_our_draft(draft, spot, made):
            twice = named is not None and os.path.samestat(draft, named) and not _is_hardlink(made)
            if not twice and isinstance(entry.step, Create) and is_reservation(spot, entry.temporary):
                spot.unlink()
            temporary.unlink()
            return _durable(entry, spot) if twice and made is not None else None
        if named is None or made is None or made.stamp is None:
            return None
        same = named.st_ino == made.stamp.inode or (isinstance(entry.step, Create) and renumbers(spot.folder or 0))
        return _durable(entry, spot) if same and _is_ours(spot, made) else None


def _may_be_our_draft(draft: os.stat_result, spot: Spot, made: Made | None) -> bool:
    """Whether nothing speaks against a draft's being ours; until it is finished its name alone says so."""
    if made is None or made.stamp is None or made.stamp.inode == draft.st_ino:
        return True
    return renumbers(spot.folder or 0)


def _resolve_move(entry: Entry, old: Spot | None, new: Spot | None, move: Move) -> Entry | None:
    before, after = _status(old), _status(new)
    if new is None or after is None:
        return None
    with translate_os_errors(new.path):
        if old is not None and before is not None:
            if os.path.samestat(before, after) and not _is_hardlink(move.placed.made):
                old.unlink()
                return _durable(entry, new)
            if is_reservation(new, old.path):
                new.unlink()
            return None
        return _durable(entry, new) if _is_ours(new, move.placed.made) else None


def _status(spot: Spot | None) -> os.stat_result | None:
    return None if spot is None else spot.status()


def _resolve_tag(entry: Entry, writers: Writers) -> Entry | None:
    step = entry.step
    assert entry.medium is not None
    writer = writers[entry.medium]
    if entry.path is None:
        return replace(entry, made=untouched(writer.place(step.path), entry)) if isinstance(step, TagAdd) else entry
    assert entry.temporary is not None
    named, temporary = Spot.at(entry.path), Spot.at(entry.temporary)
    with translate_os_errors(entry.path):
        if temporary.status() is not None and _settled(entry, named, temporary, writer):
            pass
        elif temporary.status() is not None:
            if entry.before is None and is_reservation(named, entry.temporary):
                named.unlink()
            temporary.unlink()
        data = writer.read(entry.path)
        if _digest(data) != entry.after:
            return None
        stamp = None if data is None else stamp_of(entry.path)
        return _durable(replace(entry, made=Made(PlacementMode.TAG, stamp, entry.path, entry.medium)), named)


def _settled(entry: Entry, named: Spot, temporary: Spot, writer: MetadataWriter) -> bool:
    """End a change that was carried out but for what was there before, which has the draft's name now.

    What another program wrote in the last moment gets its name again.
    """
    if _digest(writer.read(named.path)) != entry.after:
        return False
    swapped = writer.read(temporary.path)
    if swapped != entry.before and _digest(swapped) != entry.after:
        if entry.after is None:
            proved.give_back(temporary, named)
        elif exchange(temporary, named):
            temporary.unlink()
        return True
    temporary.unlink()
    return True


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def _is_hardlink(made: Made | None) -> bool:
    """Whether two names of one file prove nothing, because the original is another."""
    return made is None or made.mode is PlacementMode.HARDLINK


def _is_ours(spot: Spot, made: Made) -> bool:
    return state_at(spot, made, thorough=True) is State.INTACT


def _durable(entry: Entry, spot: Spot | None) -> Entry:
    """Return the entry once the disk has what was found; a folder that is gone has nothing to keep."""
    folder = "" if spot is None else os.path.dirname(spot.path)
    if os.path.isdir(folder):
        with translate_os_errors(folder):
            flush(folder)
    return entry
