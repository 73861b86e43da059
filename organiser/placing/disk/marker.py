"""The marker in a collection's folder: what it claims, strictly read.

People and programs write to that folder, so that a marker is a claim to be checked and never a reason to remove anything
but empty folders. What another organiser home wrote says nothing of ours.
"""

import json
import os
from dataclasses import dataclass

from organiser.core.collections.placement import COLLECTION_MARKER
from organiser.errors import PlacingError
from organiser.placing.disk.errors import Cause, refusal
from organiser.placing.disk.within import Spot

_LONGEST = 64_000_000
_NOTE = "This folder is a collection made by organiser. Scans leave it out; do not remove this file."


@dataclass(frozen=True, slots=True)
class Notes:
    """What a marker claims: whose it is, and folders below the target and from the target upwards that we made.

    Earlier versions wrote no home.
    """

    home: str | None
    collection: str | None
    folders: tuple[str, ...]
    made: list[str]

    def is_anothers(self, home: str) -> bool:
        """Whether another home wrote it."""
        return self.home not in (None, home)

    def as_json(self) -> str:
        """Return the marker's text."""
        what = {"home": self.home, "collection": self.collection, "folders": self.folders, "made": self.made}
        return json.dumps({"note": _NOTE, **what}, indent=1)


def parsed(data: bytes, target: str) -> Notes | None:
    """Return what a marker says, or None when it is not one of ours; only claims about this target count."""
    try:
        notes = json.loads(data)
        folders, made = notes["folders"], notes["made"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    home, collection = notes.get("home"), notes.get("collection")
    if not all(isinstance(word, str | None) for word in (home, collection)):
        return None
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in (folders, made)):
        return None
    inside = (name for name in folders if name and not os.path.isabs(name) and ".." not in name.split("/"))
    above = [path for path in made if (target + "/").startswith(path.rstrip("/") + "/")]
    return Notes(home, collection, tuple(inside), above)


def marker_of(folder: int, path: str) -> Spot:
    """Return the marker's spot in an open target."""
    return Spot(folder, COLLECTION_MARKER, os.path.join(path, COLLECTION_MARKER))


def read(marker: Spot, target: str) -> Notes | None:
    """Return what a marker says, or None when there is none, or none of ours.

    Raises:
        PlacingError: it is no regular file, or cannot be read.
    """
    data = marker.read(_LONGEST)
    return parsed(data, target) if data else None


def read_marker(folder: int, path: str) -> Notes | None:
    """Return what the marker in an open target says, or None when there is none or a person made an empty one.

    Raises:
        PlacingError: it is no marker that we wrote; it is left as it is.
    """
    try:
        data = marker_of(folder, path).read(_LONGEST)
    except PlacingError as error:
        raise _foreign(path) from error
    if not data:
        return None
    notes = parsed(data, path)
    if notes is None:
        raise _foreign(path)
    return notes


def _foreign(path: str) -> PlacingError:
    reason = f"its {COLLECTION_MARKER} is not as we wrote it"
    return refusal(Cause.BAD_TARGET, path, reason, "look at that file; without it the folder is marked anew")


def of_another_home(path: str) -> PlacingError:
    """Return the error of a folder that another home's marker claims."""
    reason = "another organiser home fills this folder"
    hint = f"choose another; if that home is gone, remove {os.path.join(path, COLLECTION_MARKER)}"
    return refusal(Cause.BAD_TARGET, path, reason, hint)
