"""The placers' lock: one process fills the collections at a time, and keeps the lock for as long as it is at it.

A lock that is not renewed runs out, so that the death of a host blocks nobody for long. Clocks differ, and a process may
seem dead from another container; so whoever takes the lock has a token of its own, every write checks that the lock still
bears it, and one that lost the lock stops there.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from organiser.errors import Transient
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.work import locks
from organiser.jobs.owners import is_dead
from organiser.jobs.services import Services

_LOCK = "placing"
_LOCK_S = 300.0
_TOKEN: ContextVar[str | None] = ContextVar("placing", default=None)


class Busy(Transient):
    """Another process holds the placers' lock."""


def is_busy(services: Services) -> bool:
    """Whether a process that is not known to be gone holds the lock."""
    with reading(services.engine) as tx:
        found = holder(tx, services.clock())
    return found is not None and not is_dead(found)


def holder(tx: Transaction, now: float) -> str | None:
    """Return who has the lock now, dead or alive, or None."""
    return locks.holder(tx, _LOCK, now)


@contextmanager
def placing(services: Services) -> Iterator[bool]:
    """Hold the placers' lock, or give False when another process has it."""
    owner = f"{services.owner()}:{secrets.token_hex(8)}"
    with writing(services.engine) as tx:
        found = holder(tx, services.clock())
        if found is not None and is_dead(found):
            locks.release(tx, _LOCK, found)
        mine = locks.claim(tx, _LOCK, owner, services.clock(), _LOCK_S)
    before = _TOKEN.get()
    if mine:
        _TOKEN.set(owner)
    try:
        yield mine
    finally:
        _TOKEN.set(before)
        if mine:
            with writing(services.engine) as tx:
                locks.release(tx, _LOCK, owner)


def require(mine: bool) -> None:  # noqa: FBT001 what `placing` gave
    """Make sure that the placers' lock is ours.

    Raises:
        Busy: it is not.
    """
    if not mine:
        raise Busy("another process is filling the collections", "try again when it is done")


def check(tx: Transaction) -> None:
    """Make sure that nobody took the placers' lock from this process since it did.

    Raises:
        Busy: somebody did; nothing may be written any more.
    """
    token = _TOKEN.get()
    if token is not None and not locks.is_held_by(tx, _LOCK, token):
        raise Busy("another process took over filling the collections", "it does the rest")


def kept(services: Services) -> Callable[[str], None]:
    """Renew the placers' lock, now and from now on: whoever does steps calls what this returns at each of them.

    Raises:
        Busy: it ran out and another process took it; so does what is returned.
    """
    renewed = float("-inf")

    def renew(_moment: str) -> None:
        nonlocal renewed
        now = services.clock()
        if now - renewed < _LOCK_S / 3:
            with reading(services.engine) as tx:
                check(tx)
            return
        with writing(services.engine) as tx:
            check(tx)
            mine = locks.claim(tx, _LOCK, _TOKEN.get() or services.owner(), now, _LOCK_S)
        require(mine)
        renewed = now

    renew("")
    return renew
