"""Steps, entries and placements as JSON objects, for the index to keep.

`Entry.before` is not part of an entry's object: it is bytes, and kept beside it. Paths that are no UTF-8 hold lone
surrogates, which JSON keeps escaped.
"""

from collections.abc import Mapping
from typing import Any

from organiser.core.collections.placement import (
    Create,
    Forget,
    Made,
    Medium,
    Move,
    Placed,
    PlacementId,
    PlacementMode,
    Region,
    Remove,
    Replace,
    Stamp,
    State,
    Step,
    Tag,
    TagAdd,
    TagRemove,
)
from organiser.core.face import Box
from organiser.core.photo import PhotoId
from organiser.placing.journal import Entry, Record

Json = Mapping[str, Any]

_STEPS: Mapping[str, type[Step]] = {
    kind.__name__.lower(): kind for kind in (Create, Replace, Move, Remove, Forget, TagAdd, TagRemove)
}


def encode_entry(entry: Entry) -> dict[str, Any]:
    """Return the JSON object of an entry, without `before`."""
    data: dict[str, Any] = _plain(entry)
    return data | {"act": type(entry.step).__name__.lower(), "before": None}


def decode_entry(data: Json, before: bytes | None) -> Entry:
    """Return the entry of a JSON object that `encode_entry` made."""
    return Entry(
        step=_step(data["act"], data["step"]),
        target=data["target"],
        temporary=data["temporary"],
        made=_optional(_made, data["made"]),
        path=data["path"],
        medium=_optional(Medium, data["medium"]),
        before=before,
        after=data["after"],
    )


def encode_details(record: Record) -> dict[str, Any]:
    """Return what of a placement has no column of its own."""
    made = {name: value for name, value in _plain(record.made).items() if name != "mode"}
    return {"made": made, "tag": _plain(record.tag), "source": record.source}


def decode_placed(
    placement_id: PlacementId,
    photo_id: PhotoId,
    destination: str,
    mode: PlacementMode,
    details: Json,
    source: str | None,
) -> Placed:
    """Return the placement of a row.

    Args:
        placement_id, photo_id, destination, mode: of the row.
        details: what `encode_details` made.
        source: a present file that stands for the photo, see :class:`Placed`; not the recorded one.
    """
    made = _made({**details["made"], "mode": mode})
    return Placed(placement_id, photo_id, destination, made, source, _optional(_tag, details["tag"]))


def _plain(value: Any) -> Any:
    """Return a value with its dataclasses as objects; what they hold is immutable, so nothing is copied."""
    if isinstance(value, _ATOMS):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}


_ATOMS = (str, int, float, bytes, type(None))


def _step(handler: str, data: Json) -> Step:
    fields: dict[str, Any] = dict(data)
    if "placed" in fields:
        fields["placed"] = _optional(_placed, fields["placed"])
    if "create" in fields:
        fields["create"] = _step("create", fields["create"])
    if "mode" in fields:
        fields["mode"] = PlacementMode(fields["mode"])
    if "tag" in fields:
        fields["tag"] = _tag(fields["tag"])
    return _STEPS[handler](**fields)


def _placed(data: Json) -> Placed:
    made, tag = _made(data["made"]), _optional(_tag, data["tag"])
    return Placed(**{**data, "made": made, "tag": tag, "state": State(data["state"])})


def _made(data: Json) -> Made:
    stamp = _optional(lambda fields: Stamp(**fields), data["stamp"])
    return Made(PlacementMode(data["mode"]), stamp, data["path"], _optional(Medium, data["medium"]))


def _tag(data: Json) -> Tag:
    regions = tuple(Region(Box(**region["box"]), region["emotion"]) for region in data["regions"])
    return Tag(data["keyword"], data["confidence"], data["model"], regions, _optional(tuple, data["dimensions"]))


def _optional(stage: Any, data: Any) -> Any:
    return None if data is None else stage(data)
