"""Rows as earlier revisions held them, put into the shape of today: by migration 0005, and by what restores a backup.

Until revision 0004 a placement's mode and a journal entry's photo stood only inside their JSON, and the active model and
held collections among the flags.
"""

import json

ACTIVE_MODEL = "active_model"
HELD = "held:"


def split_details(details: str) -> tuple[str, str]:
    """Return the mode that stood in a placement's details, and the details without it.

    >>> split_details('{"made": {"mode": "copy", "path": null}}')
    ('copy', '{"made": {"path": null}}')
    """
    data = json.loads(details)
    mode: str = data["made"].pop("mode")
    return mode, json.dumps(data)


def join_details(mode: str, details: str) -> str:
    """Return a placement's details with its mode in them; the reverse of `split_details`."""
    data = json.loads(details)
    return json.dumps(data | {"made": {"mode": mode} | data["made"]})


def photo_of(step: str) -> int:
    """Return the photo that a journal entry's step names.

    >>> photo_of('{"act": "remove", "step": {"placed": {"photo_id": 7}}}')
    7
    """
    data = json.loads(step)["step"]
    photo_id: int = (data.get("placed") or data.get("create") or data)["photo_id"]
    return photo_id
