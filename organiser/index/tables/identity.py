"""Which organiser this is: an id drawn by lot, once in an index's life; it goes with the index, its backups and copies."""

import secrets

from sqlalchemy import Connection

from organiser.index import flags

_NAME = "home_id"


def home_id(tx: Connection) -> str | None:
    """Return the id, 32 hexadecimal digits, or None when none was drawn yet."""
    return flags.get(tx, _NAME)


def draw_home_id(tx: Connection) -> str:
    """Return the id, drawn now if there is none."""
    if (known := home_id(tx)) is not None:
        return known
    drawn = secrets.token_hex(16)
    flags.put(tx, _NAME, drawn)
    return drawn
