"""The placers' lock: one process fills the collections at a time, and keeps the lock for as long as it is at it.

A lock that is not renewed runs out, so that the death of a host blocks nobody for long. Clocks differ, and a process may
seem dead from another container; so whoever takes the lock has a token of its own, every write checks that the lock still
bears it, and one that lost the lock stops there.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from organiser.elapsed import elapsed
from organiser.errors import Transient
from organiser.index.db.engine import Transaction, reading, writing
from organiser.index.work import locks
from organiser.index.work.locks import Holder
from organiser.jobs.owners import is_dead
from organiser.jobs.services import Services

_LOCK = "placing"
_LOCK_S = 300.0
_CHECKED_S = 0.05
_FREQUENT = frozenset({"folders made", "built", "settled"})
"""Moments that come with every file: there a check counts for a moment, by a clock that goes on while the process is stopped."""

_MINE: ContextVar[Holder | None] = ContextVar("placing", default=None)


class Busy(Transient):
    """Another process holds the placers' lock."""

    def __init__(
        self, message: str = "another process is filling the collections", hint: str = "try again when it is done"
    ) -> None:
        super().__init__(message, hint)


def is_busy(services: Services) -> bool:
    """Whether a process that is not known to be gone holds the lock."""
    with reading(services.engine) as tx:
        found = holder(tx, services.clock())
    return found is not None and not is_dead(found)


def holder(tx: Transaction, now: float) -> str | None:
    """Return who has the lock now, dead or alive, or None."""
    found = locks.holder(tx, _LOCK, now)
    return None if found is None else found.owner


@contextmanager
def placing(services: Services) -> Iterator[bool]:
    """Hold the placers' lock, or give False when another process has it."""
    own = Holder(services.owner(), secrets.token_hex(8))
    with writing(services.engine) as tx:
        found = locks.holder(tx, _LOCK, services.clock())
        if found is not None and is_dead(found.owner):
            locks.release(tx, _LOCK, found.token)
        mine = locks.claim(tx, _LOCK, own, services.clock(), _LOCK_S)
    before = _MINE.get()
    if mine:
        _MINE.set(own)
    try:
        yield mine
    finally:
        _MINE.set(before)
        if mine:
            with writing(services.engine) as tx:
                locks.release(tx, _LOCK, own.token)


@contextmanager
def placing_alone(services: Services) -> Iterator[None]:
    """Hold the placers' lock.

    Raises:
        Busy: another process has it.
    """
    with placing(services) as mine:
        if not mine:
            raise Busy
        yield


def check(tx: Transaction) -> None:
    """Make sure that nobody took the placers' lock from this process since it did.

    Raises:
        Busy: somebody did; nothing may be written any more.
    """
    own = _MINE.get()
    if own is not None and not locks.is_held_by(tx, _LOCK, own.token):
        raise Busy("another process took over filling the collections", "it does the rest")


def kept(services: Services, clock: Callable[[], float] = elapsed) -> Callable[[str], None]:
    """Renew the placers' lock, now and from now on: whoever does steps calls what this returns at each of their moments.

    Args:
        clock: of `organiser.elapsed`.

    Raises:
        Busy: it ran out and another process took it; so does what is returned.
    """
    renewed = checked = float("-inf")

    def renew(moment: str) -> None:
        nonlocal renewed, checked
        if moment in _FREQUENT and clock() - checked < _CHECKED_S:
            return
        now, own = services.clock(), _MINE.get()
        if own is None or now - renewed < _LOCK_S / 3:
            with reading(services.engine) as tx:
                check(tx)
        else:
            with writing(services.engine) as tx:
                check(tx)
                if not locks.claim(tx, _LOCK, own, now, _LOCK_S):  # taken between the two
                    raise Busy
            renewed = now
        checked = clock()

    renew("")
    return renew
