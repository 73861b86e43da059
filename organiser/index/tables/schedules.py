"""Scheduled work as rows: what is done when, and when it was last asked for.

Owns the claim that lets two beats do no harm; refuses to know cron.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from organiser.index.db.schema import schedules


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the schedule.

    Attributes:
        cron: five fields (or six, the last one seconds), in local time.
        action: what is done, e.g. "reclassify".
        arguments: the action's own, e.g. {"query": "faces:1.."}.
        last_run: epoch seconds of the last time it was asked for, or from when on it counts.
    """

    id: int
    name: str
    cron: str
    action: str
    arguments: Mapping[str, Any]
    enabled: bool
    last_run: float


def every(tx: Connection) -> list[Entry]:
    """Return all entries by name."""
    return [_read(row) for row in tx.execute(_COLUMNS.order_by(schedules.c.name))]


def by_name(tx: Connection, name: str) -> Entry | None:
    """Return one entry, or None."""
    row = tx.execute(_COLUMNS.where(schedules.c.name == name)).one_or_none()
    return None if row is None else _read(row)


def by_id(tx: Connection, entry_id: int) -> Entry | None:
    """Return one entry, or None."""
    row = tx.execute(_COLUMNS.where(schedules.c.id == entry_id)).one_or_none()
    return None if row is None else _read(row)


def add(tx: Connection, name: str, cron: str, action: str, arguments: Mapping[str, Any], now: float) -> None:
    """Add an entry, in place of one of the same name; it counts from `now` on."""
    remove(tx, name)
    values = {"name": name, "cron": cron, "action": action, "arguments": json.dumps(dict(arguments)), "last_run": now}
    tx.execute(insert(schedules).values(values | {"enabled": True}))


def remove(tx: Connection, name: str) -> bool:
    """Remove an entry; return whether there was one."""
    return tx.execute(delete(schedules).where(schedules.c.name == name)).rowcount > 0


def switch(tx: Connection, name: str, *, on: bool, now: float) -> bool:
    """Have an entry asked for at its times or not; return whether there is one. Switched on it counts from `now` on."""
    values = {"enabled": True, "last_run": now} if on else {"enabled": False}
    changed = update(schedules).where(schedules.c.name == name, schedules.c.enabled.is_not(on))
    return tx.execute(changed.values(values)).rowcount > 0 or by_name(tx, name) is not None


def claim(tx: Connection, entry: Entry, now: float) -> bool:
    """Record that an entry is asked for now; False when another beat did so since `entry` was read."""
    same = schedules.c.id == entry.id, func.coalesce(schedules.c.last_run, 0.0) == entry.last_run
    return tx.execute(update(schedules).where(*same).values(last_run=now)).rowcount == 1


def _read(row: Any) -> Entry:
    identity, name, cron, action, arguments, enabled, last_run = row
    return Entry(identity, name, cron, action, json.loads(arguments), bool(enabled), last_run or 0.0)


_COLUMNS = select(
    schedules.c.id,
    schedules.c.name,
    schedules.c.cron,
    schedules.c.action,
    schedules.c.arguments,
    schedules.c.enabled,
    schedules.c.last_run,
)
